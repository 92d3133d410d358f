package io.karu.learning.data;

import io.karu.api.model.Digest;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Labelled images.
 *
 * @param name for a person
 * @param layout how they lie in files
 * @param labels every class, in the layout's own order (sorted where it has none)
 * @param samples in the layout's own order (sorted by path where it has none)
 */
public record DataSet(String name, Layout layout, List<String> labels, List<Sample> samples) {
    public DataSet {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(layout, "layout");
        labels = List.copyOf(labels);
        samples = List.copyOf(samples);
    }

    /** The samples of a part. */
    public DataSet part(Part part) {
        return filter(sample -> sample.part() == part);
    }

    /** The samples that fit; the labels stay. */
    public DataSet filter(Predicate<Sample> keep) {
        return new DataSet(name, layout, labels, samples.stream().filter(keep).toList());
    }

    /** What a provenance says of these samples. */
    public DataUse use(String split, String part) throws IOException {
        return new DataUse(name, split, part, digest(), samples.size());
    }

    /**
     * Identity of the samples: their ids, labels, boxes and the content of their files, in order.
     * Reads every file.
     */
    public Digest digest() throws IOException {
        MessageDigest all = Sha256.begin();
        for (Sample sample : samples) {
            StringBuilder line = new StringBuilder();
            line.append(sample.id()).append('\t').append(sample.part()).append('\t');
            line.append(sample.label().orElse("")).append('\t').append(sample.attributes());
            for (Annotation mark : sample.annotations()) {
                line.append('\t').append(mark.box()).append(' ').append(mark.label());
            }
            all.update(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
            all.update(hash(sample.image()));
            if (sample.template().isPresent()) {
                all.update(hash(sample.template().get()));
            }
            if (sample.mask().isPresent()) {
                all.update(hash(sample.mask().get()));
            }
        }
        return Sha256.end(all);
    }

    static byte[] hash(Path file) throws IOException {
        MessageDigest sha256 = Sha256.begin();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
        }
        return sha256.digest();
    }
}

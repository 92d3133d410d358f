package io.karu.learning.data;

import io.karu.learning.data.Problem.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * {@link Layout#MVTEC}: masks are {@code ground_truth/<defect>/<name>_mask.png} or without suffix.
 * {@linkplain Sample#isGood Good} parts are written as class good, whatever they were called.
 */
final class MvtecFormat implements LayoutFormat {
    private static final String GOOD = "good";
    private static final String MASKS = "ground_truth";

    @Override
    public Layout layout() {
        return Layout.MVTEC;
    }

    @Override
    public boolean recognises(Path root) throws IOException {
        if (isProduct(root)) {
            return true;
        }
        List<Path> folders = Reading.folders(root);
        for (Path folder : folders) {
            if (!isProduct(folder)) {
                return false;
            }
        }
        return !folders.isEmpty();
    }

    @Override
    public DataSet read(Reading reading) throws IOException {
        List<Sample> samples = new ArrayList<>();
        TreeSet<String> labels = new TreeSet<>();
        Path root = reading.root();
        if (isProduct(root)) {
            product(reading, root, "", samples, labels);
        } else {
            for (Path folder : Reading.folders(root)) {
                product(reading, folder, folder.getFileName().toString(), samples, labels);
            }
        }
        return new DataSet(root.getFileName().toString(), layout(), List.copyOf(labels), samples);
    }

    private void product(
            Reading reading, Path folder, String name, List<Sample> samples, TreeSet<String> labels)
            throws IOException {
        for (Part part : List.of(Part.TRAINING, Part.VALIDATION, Part.TEST)) {
            for (Path one : Reading.folders(folder.resolve(part.folder()))) {
                String label = one.getFileName().toString();
                labels.add(label);
                for (Path image : reading.images(one)) {
                    Sample.Builder sample =
                            Sample.of(reading.id(image), image).part(part).label(label);
                    if (!name.isEmpty()) {
                        sample.attribute(Sample.PRODUCT, name);
                    }
                    if (!label.equals(GOOD) && part == Part.TEST) {
                        mask(reading, folder, label, image).ifPresent(sample::mask);
                    }
                    samples.add(sample.build());
                }
            }
        }
    }

    private static Optional<Path> mask(Reading reading, Path product, String label, Path image) {
        Path folder = product.resolve(MASKS).resolve(label);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        String stem = Reading.stem(image.getFileName().toString());
        for (String name : List.of(stem + "_mask.png", stem + ".png")) {
            Optional<Path> mask = reading.optionalFile(folder, name, image);
            if (mask.isPresent()) {
                return mask;
            }
        }
        reading.problem(image, Kind.MISSING, "has no mask in " + reading.id(folder));
        return Optional.empty();
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        for (Sample sample : data.samples()) {
            String own =
                    sample.label()
                            .orElseThrow(
                                    () ->
                                            Writing.cannot(
                                                    layout(),
                                                    sample,
                                                    "it has no class of its own"));
            String label = sample.isGood() ? GOOD : own;
            if (sample.part() == Part.NONE) {
                throw Writing.cannot(layout(), sample, "it belongs neither to train nor to test");
            }
            if (label.startsWith(".") || label.matches(".*[/\\\\\\p{Cntrl}].*")) {
                throw Writing.cannot(layout(), sample, "class " + label + " is no folder's name");
            }
            Path product = folder.resolve(sample.attribute(Sample.PRODUCT));
            String name = writing.name(sample);
            Writing.copy(
                    sample.image(),
                    product.resolve(sample.part().folder())
                            .resolve(label)
                            .resolve(name + "." + Writing.extension(sample.image())));
            if (sample.mask().isPresent() && !sample.isGood()) {
                Writing.copy(
                        sample.mask().get(),
                        product.resolve(MASKS).resolve(label).resolve(name + "_mask.png"));
            }
        }
    }

    /** Only good parts are for training: what tells it from image folders. */
    private static boolean isProduct(Path folder) throws IOException {
        List<Path> training = Reading.folders(folder.resolve(Part.TRAINING.folder()));
        return training.size() == 1
                && training.get(0).getFileName().toString().equals(GOOD)
                && Files.isDirectory(folder.resolve(Part.TEST.folder()));
    }
}

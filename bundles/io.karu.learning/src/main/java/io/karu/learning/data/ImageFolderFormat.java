package io.karu.learning.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** {@link Layout#IMAGE_FOLDER}. */
final class ImageFolderFormat implements LayoutFormat {
    @Override
    public Layout layout() {
        return Layout.IMAGE_FOLDER;
    }

    @Override
    public boolean recognises(Path root) throws IOException {
        List<Path> folders = Reading.folders(root);
        if (folders.isEmpty()) {
            return false;
        }
        for (Path folder : folders) {
            List<Path> classes = isPart(folder) ? Reading.folders(folder) : List.of(folder);
            for (Path one : classes) {
                if (Reading.entries(one).stream().anyMatch(Reading::isImage)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public DataSet read(Reading reading) throws IOException {
        List<Sample> samples = new ArrayList<>();
        TreeSet<String> labels = new TreeSet<>();
        List<Path> folders = Reading.folders(reading.root());
        boolean parts = !folders.isEmpty() && folders.stream().allMatch(ImageFolderFormat::isPart);
        for (Path folder : folders) {
            if (parts) {
                Part part = Part.named(folder.getFileName().toString()).orElseThrow();
                for (Path one : Reading.folders(folder)) {
                    read(reading, one, part, samples, labels);
                }
            } else {
                read(reading, folder, Part.NONE, samples, labels);
            }
        }
        String name = reading.root().getFileName().toString();
        return new DataSet(name, layout(), List.copyOf(labels), samples);
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        boolean parts = data.samples().stream().anyMatch(sample -> sample.part() != Part.NONE);
        for (Sample sample : data.samples()) {
            if (sample.label().isEmpty()) {
                throw Writing.cannot(layout(), sample, "it has no class of its own");
            }
            if (parts && sample.part() == Part.NONE) {
                throw Writing.cannot(layout(), sample, "it belongs to no part, others do");
            }
            Writing.copy(
                    sample.image(),
                    folder.resolve(sample.part().folder())
                            .resolve(directory(sample))
                            .resolve(
                                    writing.name(sample)
                                            + "."
                                            + Writing.extension(sample.image())));
        }
        for (String label : data.labels()) {
            if (data.samples().stream().noneMatch(s -> s.label().orElseThrow().equals(label))) {
                Files.createDirectories(
                        folder.resolve(parts ? Part.TRAINING.folder() : "").resolve(label));
            }
        }
    }

    private String directory(Sample sample) {
        String label = sample.label().orElseThrow();
        if (label.isBlank() || label.startsWith(".") || label.matches(".*[/\\\\\\p{Cntrl}].*")) {
            throw Writing.cannot(
                    layout(), sample, "class \"" + label + "\" is no name of a folder");
        }
        return label;
    }

    private void read(
            Reading reading, Path folder, Part part, List<Sample> samples, TreeSet<String> labels)
            throws IOException {
        String label = folder.getFileName().toString();
        labels.add(label);
        for (Path image : reading.images(folder)) {
            samples.add(Sample.of(reading.id(image), image).part(part).label(label).build());
        }
    }

    private static boolean isPart(Path folder) {
        return Part.named(folder.getFileName().toString()).isPresent();
    }
}

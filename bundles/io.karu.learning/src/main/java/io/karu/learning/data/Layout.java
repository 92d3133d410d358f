package io.karu.learning.data;

import java.util.Locale;

/** How labelled images lie in files. */
public enum Layout {
    /** {@code <id>_test.jpg} with {@code <id>_temp.jpg} and a text file of boxes; lists or flat. */
    DEEPPCB(
            "<id>_test.jpg, <id>_temp.jpg and <id>.txt in one folder, or trainval.txt and test.txt"),
    /**
     * {@code train/good}, {@code test/<defect>}, {@code ground_truth/<defect>}, one or more
     * products.
     */
    MVTEC(
            "train/good/, test/<defect>/ and ground_truth/<defect>/, for one product or one folder each"),
    /** One folder for each class, perhaps below {@code train}, {@code val}, {@code test}. */
    IMAGE_FOLDER("one folder of images for each class, perhaps below train/, val/ and test/"),
    /** COCO's JSON with boxes. */
    COCO("annotations/instances_<part>.json, or one .json with images, annotations and categories"),
    /** YOLO's text files with boxes as fractions of the image. */
    YOLO("data.yaml or classes.txt with images/ and labels/"),
    /** Pascal VOC's XML file for each image. */
    PASCAL_VOC("Annotations/*.xml and JPEGImages/"),
    /** A table with one line for each image or box. */
    CSV("one .csv with a column file, image or path");

    private final String files;

    Layout(String files) {
        this.files = files;
    }

    /** The files it is known by, for a person. */
    public String files() {
        return files;
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The layout that the command line means. IllegalArgumentException names those there are. */
    public static Layout named(String name) {
        for (Layout layout : values()) {
            if (layout.toString().equals(name)) {
                return layout;
            }
        }
        throw new IllegalArgumentException(
                "no layout \"" + name + "\"; there are " + java.util.Arrays.toString(values()));
    }
}

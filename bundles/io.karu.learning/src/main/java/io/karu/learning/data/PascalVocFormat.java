package io.karu.learning.data;

import io.karu.learning.data.Problem.Kind;
import io.karu.vision.Box;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import javax.xml.stream.XMLStreamWriter;

/** {@link Layout#PASCAL_VOC}: corners count from 1 and include the last pixel. */
final class PascalVocFormat implements LayoutFormat {
    private static final long MAX_TEXT = 4 << 20;
    private static final String ANNOTATIONS = "Annotations";
    private static final String IMAGES = "JPEGImages";
    private static final String SETS = "ImageSets/Main";

    @Override
    public Layout layout() {
        return Layout.PASCAL_VOC;
    }

    @Override
    public boolean recognises(Path root) {
        return Files.isDirectory(root.resolve(ANNOTATIONS))
                && Files.isDirectory(root.resolve(IMAGES));
    }

    /** What one annotation file says. */
    private static final class Content {
        private final List<Annotation> marks = new ArrayList<>();
        private String file = "";
        private String width = "";
        private String height = "";
    }

    @Override
    public DataSet read(Reading reading) throws IOException {
        Path root = reading.root();
        Map<String, Part> parts = parts(reading);
        List<Sample> samples = new ArrayList<>();
        TreeSet<String> labels = new TreeSet<>();
        for (Path file : Reading.entries(root.resolve(ANNOTATIONS))) {
            if (!file.getFileName().toString().endsWith(".xml")) {
                continue;
            }
            Optional<Content> content = content(reading, file);
            if (content.isEmpty()) {
                continue;
            }
            String name = content.get().file;
            Optional<Path> image = reading.file(root.resolve(IMAGES), name, file);
            if (image.isPresent()) {
                String stem = Reading.stem(file.getFileName().toString());
                Sample.Builder sample =
                        Sample.of(reading.id(image.get()), image.get())
                                .part(parts.getOrDefault(stem, Part.NONE))
                                .attribute("width", content.get().width)
                                .attribute("height", content.get().height);
                content.get().marks.forEach(sample::annotation);
                content.get().marks.forEach(mark -> labels.add(mark.label()));
                samples.add(sample.build());
            }
        }
        return new DataSet(root.getFileName().toString(), layout(), List.copyOf(labels), samples);
    }

    private static Map<String, Part> parts(Reading reading) throws IOException {
        Map<String, Part> parts = new HashMap<>();
        for (String name : List.of("trainval", "train", "val", "test")) {
            Path list = reading.root().resolve(SETS).resolve(name + ".txt");
            if (Files.isRegularFile(list)) {
                for (String line : reading.lines(list, MAX_TEXT)) {
                    if (!line.isBlank()) {
                        parts.put(line.trim().split("\\s+")[0], Part.named(name).orElseThrow());
                    }
                }
            }
        }
        return parts;
    }

    private static Optional<Content> content(Reading reading, Path file) throws IOException {
        Optional<String> text = reading.text(file, MAX_TEXT);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new StringReader(text.get()));
            Content content = new Content();
            Map<String, String> object = new HashMap<>();
            boolean inObject = false;
            boolean inPart = false;
            while (xml.hasNext()) {
                int event = xml.next();
                if (event == XMLStreamReader.START_ELEMENT) {
                    String name = xml.getLocalName();
                    switch (name) {
                        case "object" -> {
                            inObject = true;
                            object.clear();
                        }
                        case "part" -> inPart = true;
                        case "filename" -> content.file = xml.getElementText().trim();
                        case "width" -> content.width = xml.getElementText().trim();
                        case "height" -> content.height = xml.getElementText().trim();
                        case "name", "xmin", "ymin", "xmax", "ymax" -> {
                            if (inObject && !inPart) {
                                object.put(name, xml.getElementText().trim());
                            }
                        }
                        default -> {}
                    }
                } else if (event == XMLStreamReader.END_ELEMENT) {
                    if (xml.getLocalName().equals("part")) {
                        inPart = false;
                    } else if (xml.getLocalName().equals("object")) {
                        inObject = false;
                        mark(reading, file, object).ifPresent(content.marks::add);
                    }
                }
            }
            if (content.file.isEmpty()) {
                throw new XMLStreamException("no element filename");
            }
            return Optional.of(content);
        } catch (XMLStreamException | NumberFormatException e) {
            reading.problem(file, Kind.MALFORMED, "is not Pascal VOC: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static Optional<Annotation> mark(Reading reading, Path file, Map<String, String> object)
            throws XMLStreamException {
        if (!object.keySet().containsAll(List.of("name", "xmin", "ymin", "xmax", "ymax"))) {
            throw new XMLStreamException("an object without name and bndbox");
        }
        Optional<Box> box =
                reading.box(
                        file,
                        number(object, "xmin") - 1,
                        number(object, "ymin") - 1,
                        number(object, "xmax"),
                        number(object, "ymax"));
        return box.map(found -> new Annotation(found, object.get("name")));
    }

    private static long number(Map<String, String> object, String name) {
        return Math.round(Double.parseDouble(object.get(name)));
    }

    @Override
    public void write(DataSet data, Path folder) throws IOException {
        Writing writing = new Writing();
        Map<Part, StringBuilder> lists = new EnumMap<>(Part.class);
        for (Sample sample : data.samples()) {
            if (sample.label().isPresent()) {
                throw Writing.cannot(layout(), sample, "it has a class of its own and no boxes");
            }
            String name = writing.name(sample);
            String file = name + "." + Writing.extension(sample.image());
            Writing.copy(sample.image(), folder.resolve(IMAGES).resolve(file));
            Path annotation = folder.resolve(ANNOTATIONS).resolve(name + ".xml");
            Files.createDirectories(annotation.getParent());
            try (var out = Files.newBufferedWriter(annotation)) {
                write(
                        XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(out),
                        file,
                        sample);
            } catch (XMLStreamException e) {
                throw new IOException(annotation + ": " + e.getMessage(), e);
            }
            lists.computeIfAbsent(sample.part(), part -> new StringBuilder())
                    .append(name)
                    .append('\n');
        }
        for (Map.Entry<Part, StringBuilder> list : lists.entrySet()) {
            if (list.getKey() != Part.NONE) {
                Path file = folder.resolve(SETS).resolve(list.getKey().folder() + ".txt");
                Files.createDirectories(file.getParent());
                Files.writeString(file, list.getValue());
            }
        }
    }

    private static void write(XMLStreamWriter xml, String file, Sample sample)
            throws XMLStreamException, IOException {
        ImageSize size = ImageSize.of(sample.image());
        xml.writeStartElement("annotation");
        element(xml, "filename", file);
        xml.writeStartElement("size");
        element(xml, "width", size.width());
        element(xml, "height", size.height());
        xml.writeEndElement();
        for (Annotation mark : sample.annotations()) {
            Box box = mark.box();
            xml.writeStartElement("object");
            element(xml, "name", mark.label());
            xml.writeStartElement("bndbox");
            element(xml, "xmin", box.x() + 1);
            element(xml, "ymin", box.y() + 1);
            element(xml, "xmax", box.x() + box.width());
            element(xml, "ymax", box.y() + box.height());
            xml.writeEndElement();
            xml.writeEndElement();
        }
        xml.writeEndElement();
        xml.close();
    }

    private static void element(XMLStreamWriter xml, String name, Object value)
            throws XMLStreamException {
        xml.writeStartElement(name);
        xml.writeCharacters(String.valueOf(value));
        xml.writeEndElement();
    }
}

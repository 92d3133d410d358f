package io.karu.gateway.configuration;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.OCD;
import org.eclipse.kura.configuration.metatype.Option;
import org.eclipse.kura.configuration.metatype.Scalar;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Reads a metatype file as Kura does: plain XML with unprefixed OCD, AD, Option and Designate,
 * texts taken as they are (a {@code %key} is not looked up), and one component per file whose pid
 * is the file's name.
 */
final class MetatypeXml {

    /** What a file says about the component that it is named after. */
    record Component(String pid, boolean factory, OCD definition) {}

    private MetatypeXml() {}

    /** Absent when no Designate of the file names {@code pid}. */
    static Optional<Component> read(InputStream in, String pid) throws IOException {
        Document document = parse(in);
        for (Element designate : elements(document, "Designate")) {
            boolean factory = pid.equals(designate.getAttribute("factoryPid"));
            if (!factory && !pid.equals(designate.getAttribute("pid"))) {
                continue;
            }
            String ocdref =
                    elements(designate, "Object").stream()
                            .map(object -> object.getAttribute("ocdref"))
                            .findFirst()
                            .orElse(pid);
            for (Element ocd : elements(document, "OCD")) {
                if (ocdref.equals(ocd.getAttribute("id"))) {
                    return Optional.of(new Component(pid, factory, definition(ocd)));
                }
            }
        }
        return Optional.empty();
    }

    private static Document parse(InputStream in) throws IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder().parse(in);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("no metatype XML: " + e.getMessage(), e);
        }
    }

    private static OCD definition(Element ocd) {
        List<AD> attributes = new ArrayList<>();
        for (Element ad : elements(ocd, "AD")) {
            attributes.add(attribute(ad));
        }
        return new MetatypeDefinition(
                ocd.getAttribute("id"),
                ocd.getAttribute("name"),
                text(ocd, "description"),
                List.copyOf(attributes));
    }

    private static AD attribute(Element ad) {
        List<Option> options = new ArrayList<>();
        for (Element option : elements(ad, "Option")) {
            options.add(
                    new MetatypeAttribute.Choice(
                            option.getAttribute("label"), option.getAttribute("value")));
        }
        String cardinality = text(ad, "cardinality");
        String required = text(ad, "required");
        return new MetatypeAttribute(
                ad.getAttribute("id"),
                text(ad, "name"),
                text(ad, "description"),
                scalar(ad.getAttribute("type")),
                cardinality == null ? 0 : Integer.parseInt(cardinality),
                required == null || Boolean.parseBoolean(required),
                text(ad, "default"),
                text(ad, "min"),
                text(ad, "max"),
                List.copyOf(options));
    }

    private static Scalar scalar(String type) {
        return "Character".equals(type) ? Scalar.CHAR : Scalar.fromValue(type);
    }

    private static String text(Element element, String attribute) {
        return element.hasAttribute(attribute) ? element.getAttribute(attribute) : null;
    }

    private static List<Element> elements(Document document, String name) {
        return elements(document.getElementsByTagName(name));
    }

    private static List<Element> elements(Element parent, String name) {
        return elements(parent.getElementsByTagName(name));
    }

    private static List<Element> elements(NodeList nodes) {
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}

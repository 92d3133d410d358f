package io.karu.gateway.configuration;

import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import javax.xml.stream.XMLStreamWriter;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.configuration.ComponentConfiguration;
import org.eclipse.kura.configuration.Password;
import org.eclipse.kura.configuration.metatype.AD;
import org.eclipse.kura.configuration.metatype.OCD;
import org.eclipse.kura.configuration.metatype.Option;
import org.eclipse.kura.configuration.metatype.Scalar;
import org.eclipse.kura.crypto.CryptoService;

/**
 * Kura's {@code esf:configurations} document: the body of CONF-V1 and the content of a snapshot.
 * The reader is not aware of namespaces, as Kura's: the prefix must be {@code esf:} to the letter.
 * A password is written as base64 of the value that it holds, and read, when marked encrypted, as
 * AES or else as base64.
 */
public final class ConfigurationXml {

    private ConfigurationXml() {}

    /** Writes pids, properties and, where a configuration has one, its OCD. */
    public static String write(List<? extends ComponentConfiguration> configurations)
            throws KuraException {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("esf:configurations");
            xml.writeAttribute("xmlns:esf", "http://eurotech.com/esf/2.0");
            xml.writeAttribute("xmlns:ocd", "http://www.osgi.org/xmlns/metatype/v1.2.0");
            for (ComponentConfiguration configuration : configurations) {
                xml.writeStartElement("esf:configuration");
                xml.writeAttribute("pid", configuration.getPid());
                if (configuration.getDefinition() != null) {
                    write(xml, configuration.getDefinition());
                }
                xml.writeStartElement("esf:properties");
                for (Map.Entry<String, Object> property :
                        new TreeMap<>(configuration.getConfigurationProperties()).entrySet()) {
                    write(xml, property.getKey(), property.getValue());
                }
                xml.writeEndElement();
                xml.writeEndElement();
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new KuraException(KuraErrorCode.ENCODE_ERROR, e, "configurations");
        }
        return text.toString();
    }

    private static void write(XMLStreamWriter xml, OCD definition) throws XMLStreamException {
        xml.writeStartElement("ocd:OCD");
        attribute(xml, "id", definition.getId());
        attribute(xml, "name", definition.getName());
        attribute(xml, "description", definition.getDescription());
        for (AD ad : definition.getAD()) {
            xml.writeStartElement("ocd:AD");
            attribute(xml, "id", ad.getId());
            attribute(xml, "name", ad.getName());
            attribute(xml, "type", ad.getType().value());
            attribute(xml, "cardinality", Integer.toString(ad.getCardinality()));
            attribute(xml, "required", Boolean.toString(ad.isRequired()));
            attribute(xml, "default", ad.getDefault());
            attribute(xml, "min", ad.getMin());
            attribute(xml, "max", ad.getMax());
            attribute(xml, "description", ad.getDescription());
            for (Option option : ad.getOption()) {
                xml.writeEmptyElement("ocd:Option");
                attribute(xml, "label", option.getLabel());
                attribute(xml, "value", option.getValue());
            }
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static void attribute(XMLStreamWriter xml, String name, String value)
            throws XMLStreamException {
        if (value != null) {
            xml.writeAttribute(name, value);
        }
    }

    private static void write(XMLStreamWriter xml, String name, Object value)
            throws XMLStreamException {
        Optional<Scalar> type = ScalarValues.typeOf(value);
        if (type.isEmpty()) {
            return;
        }
        xml.writeStartElement("esf:property");
        xml.writeAttribute("array", Boolean.toString(value instanceof Object[]));
        xml.writeAttribute("encrypted", Boolean.toString(type.get() == Scalar.PASSWORD));
        xml.writeAttribute("name", name);
        xml.writeAttribute("type", type.get().value());
        for (Object each : value instanceof Object[] array ? array : new Object[] {value}) {
            xml.writeStartElement("esf:value");
            xml.writeCharacters(each instanceof Password p ? base64(p) : String.valueOf(each));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static String base64(Password password) {
        return Base64.getEncoder()
                .encodeToString(password.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads pids and properties; definitions in the text are skipped.
     *
     * @throws KuraException DECODER_ERROR when the text is no such document
     */
    public static List<ComponentConfiguration> read(String text, CryptoService crypto)
            throws KuraException {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, false);
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        List<ComponentConfiguration> configurations = new ArrayList<>();
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new StringReader(text));
            while (xml.hasNext()) {
                if (xml.next() == XMLStreamConstants.START_ELEMENT
                        && named(xml, "esf:configuration")) {
                    configurations.add(configuration(xml, crypto));
                }
            }
        } catch (XMLStreamException | IllegalArgumentException e) {
            throw new KuraException(KuraErrorCode.DECODER_ERROR, e, "configurations");
        }
        return configurations;
    }

    private static ComponentConfiguration configuration(XMLStreamReader xml, CryptoService crypto)
            throws XMLStreamException {
        String pid = xml.getAttributeValue(null, "pid");
        Map<String, Object> properties = new HashMap<>();
        while (!(xml.next() == XMLStreamConstants.END_ELEMENT && named(xml, "esf:configuration"))) {
            if (xml.isStartElement() && named(xml, "esf:property")) {
                property(xml, crypto, properties);
            }
        }
        return new Configured(pid, null, properties);
    }

    private static void property(
            XMLStreamReader xml, CryptoService crypto, Map<String, Object> properties)
            throws XMLStreamException {
        String name = xml.getAttributeValue(null, "name");
        Scalar type = Scalar.fromValue(xml.getAttributeValue(null, "type"));
        boolean array = Boolean.parseBoolean(xml.getAttributeValue(null, "array"));
        boolean encrypted = Boolean.parseBoolean(xml.getAttributeValue(null, "encrypted"));
        List<Object> values = new ArrayList<>();
        while (!(xml.next() == XMLStreamConstants.END_ELEMENT && named(xml, "esf:property"))) {
            if (xml.isStartElement() && named(xml, "esf:value")) {
                String text = xml.getElementText();
                values.add(ScalarValues.parse(type, encrypted ? decrypted(text, crypto) : text));
            }
        }
        if (array) {
            properties.put(name, ScalarValues.array(type, values));
        } else if (!values.isEmpty()) {
            properties.put(name, values.get(0));
        }
    }

    private static String decrypted(String text, CryptoService crypto) {
        try {
            return new String(crypto.decryptAes(text.toCharArray()));
        } catch (KuraException e) {
            return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
        }
    }

    private static boolean named(XMLStreamReader xml, String name) {
        String prefix = xml.getPrefix();
        String local = xml.getLocalName();
        return name.equals(prefix == null || prefix.isEmpty() ? local : prefix + ":" + local);
    }
}

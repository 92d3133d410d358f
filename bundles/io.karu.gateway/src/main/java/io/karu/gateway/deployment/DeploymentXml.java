package io.karu.gateway.deployment;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.osgi.framework.Bundle;
import org.osgi.service.deploymentadmin.BundleInfo;
import org.osgi.service.deploymentadmin.DeploymentPackage;

/** DEPLOY-V2's lists of packages and bundles. */
final class DeploymentXml {

    private DeploymentXml() {}

    static byte[] packages(List<DeploymentPackage> packages) {
        return document(
                "packages",
                xml -> {
                    for (DeploymentPackage each : packages) {
                        xml.writeStartElement("package");
                        text(xml, "name", each.getName());
                        text(xml, "version", each.getVersion().toString());
                        xml.writeStartElement("bundles");
                        for (BundleInfo bundle : each.getBundleInfos()) {
                            xml.writeStartElement("bundle");
                            text(xml, "name", bundle.getSymbolicName());
                            text(xml, "version", bundle.getVersion().toString());
                            xml.writeEndElement();
                        }
                        xml.writeEndElement();
                        xml.writeEndElement();
                    }
                });
    }

    static byte[] bundles(Bundle... bundles) {
        return document(
                "bundles",
                xml -> {
                    for (Bundle bundle : bundles) {
                        xml.writeStartElement("bundle");
                        text(xml, "name", bundle.getSymbolicName());
                        text(xml, "version", bundle.getVersion().toString());
                        text(xml, "id", Long.toString(bundle.getBundleId()));
                        text(xml, "state", BundleState.of(bundle));
                        xml.writeEndElement();
                    }
                });
    }

    private interface Content {
        void write(XMLStreamWriter xml) throws XMLStreamException;
    }

    private static byte[] document(String root, Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            XMLStreamWriter xml =
                    XMLOutputFactory.newFactory()
                            .createXMLStreamWriter(bytes, StandardCharsets.UTF_8.name());
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement(root);
            content.write(xml);
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("XML could not be written to memory", e);
        }
        return bytes.toByteArray();
    }

    private static void text(XMLStreamWriter xml, String element, String text)
            throws XMLStreamException {
        xml.writeStartElement(element);
        xml.writeCharacters(text == null ? "" : text);
        xml.writeEndElement();
    }
}

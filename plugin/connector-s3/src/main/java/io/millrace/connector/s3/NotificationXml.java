package io.millrace.connector.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectNotifications.Rule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What a bucket notifies of. Kept as the XML that the store gave, so that what others have set up
 * goes back word for word, with what only some stores know.
 */
final class NotificationXml {

    private static final String NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
    private static final String S3 = "s3:";

    private final Document document;

    /** One of our entries, for comparing. */
    private record Entry(
            String id, String target, Set<String> events, String prefix, String suffix) {}

    private NotificationXml(Document document) {
        this.document = document;
    }

    /** Reads what a store answers; nothing at all is an empty configuration. */
    static NotificationXml read(byte[] xml) {
        try {
            var factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setNamespaceAware(true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            if (xml.length == 0) {
                Document empty = builder.newDocument();
                empty.appendChild(empty.createElementNS(NAMESPACE, "NotificationConfiguration"));
                return new NotificationXml(empty);
            }
            return new NotificationXml(builder.parse(new ByteArrayInputStream(xml)));
        } catch (ParserConfigurationException | IOException e) {
            throw MillraceException.internal("this JDK reads no XML", e);
        } catch (SAXException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "the store answers with broken XML: " + e.getMessage(), e);
        }
    }

    /** Whether our entries are exactly these. */
    boolean holds(String ours, List<Rule> rules, String target) {
        Set<Entry> wanted = new HashSet<>();
        for (Rule rule : rules) {
            wanted.add(
                    new Entry(
                            rule.id(),
                            target,
                            new HashSet<>(rule.events().stream().map(e -> S3 + e).toList()),
                            rule.prefix(),
                            rule.suffix()));
        }
        Set<Entry> present = new HashSet<>();
        for (Element element : ours(ours)) {
            present.add(entry(element));
        }
        return wanted.equals(present);
    }

    /** The names of our entries. */
    List<String> ids(String ours) {
        return ours(ours).stream().map(entry -> text(entry, "Id")).toList();
    }

    private List<Element> ours(String begin) {
        var found = new ArrayList<Element>();
        for (Element element : children(document.getDocumentElement())) {
            if (text(element, "Id").startsWith(begin)) {
                found.add(element);
            }
        }
        return found;
    }

    private static Entry entry(Element element) {
        var events = new HashSet<String>();
        String target = "";
        String prefix = "";
        String suffix = "";
        for (Element child : children(element)) {
            switch (name(child)) {
                case "Event" -> events.add(content(child));
                case "Topic", "Queue", "CloudFunction" -> target = content(child);
                default -> {}
            }
        }
        NodeList rules = element.getElementsByTagNameNS("*", "FilterRule");
        for (int i = 0; i < rules.getLength(); i++) {
            if (rules.item(i) instanceof Element rule) {
                String value = text(rule, "Value");
                switch (text(rule, "Name").toLowerCase(Locale.ROOT)) {
                    case "prefix" -> prefix = value;
                    case "suffix" -> suffix = value;
                    default -> {}
                }
            }
        }
        return new Entry(text(element, "Id"), target, events, prefix, suffix);
    }

    /** Puts these entries in the place of ours. */
    void replace(String ours, List<Rule> rules, String target) {
        Element root = document.getDocumentElement();
        ours(ours).forEach(root::removeChild);
        String kind = target.contains(":sqs:") ? "Queue" : "Topic";
        for (Rule rule : rules) {
            Element entry = add(root, kind + "Configuration");
            add(entry, "Id", rule.id());
            add(entry, kind, target);
            rule.events().forEach(event -> add(entry, "Event", S3 + event));
            if (!rule.prefix().isEmpty() || !rule.suffix().isEmpty()) {
                Element key = add(add(entry, "Filter"), "S3Key");
                addRule(key, "prefix", rule.prefix());
                addRule(key, "suffix", rule.suffix());
            }
        }
    }

    private static void addRule(Element key, String name, String value) {
        if (!value.isEmpty()) {
            Element rule = add(key, "FilterRule");
            add(rule, "Name", name);
            add(rule, "Value", value);
        }
    }

    private static Element add(Element parent, String name) {
        Element child = parent.getOwnerDocument().createElementNS(parent.getNamespaceURI(), name);
        parent.appendChild(child);
        return child;
    }

    private static void add(Element parent, String name, String text) {
        add(parent, name).setTextContent(text);
    }

    private static List<Element> children(Element parent) {
        var children = new ArrayList<Element>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element) {
                children.add(element);
            }
        }
        return children;
    }

    private static String name(Element element) {
        return element.getLocalName() == null ? element.getTagName() : element.getLocalName();
    }

    private static String text(Element parent, String name) {
        for (Element child : children(parent)) {
            if (name(child).equals(name)) {
                return content(child);
            }
        }
        return "";
    }

    private static String content(Element element) {
        String text = element.getTextContent();
        return text == null ? "" : text.strip();
    }

    /** The text of the first element of a name anywhere; empty when there is none. */
    String find(String name) {
        NodeList found = document.getElementsByTagNameNS("*", name);
        return found.getLength() > 0 && found.item(0) instanceof Element first
                ? content(first)
                : "";
    }

    byte[] write() {
        try {
            var factory = TransformerFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            var transformer = factory.newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            var out = new StringWriter();
            transformer.transform(new DOMSource(document), new StreamResult(out));
            return out.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        } catch (TransformerException e) {
            throw MillraceException.internal("cannot write XML", e);
        }
    }
}

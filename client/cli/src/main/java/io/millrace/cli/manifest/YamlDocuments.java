package io.millrace.cli.manifest;

import io.millrace.client.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads the YAML documents of one file into JSON trees and notes where everything is, so that what
 * the server finds wrong in a tree can be shown in the file.
 */
final class YamlDocuments {

    private static final int MAX_NODES = 200_000;
    private static final int MAX_DEPTH = 100;
    private static final int MAX_ALIASES = 1_000;
    private static final int MAX_CODE_POINTS = 16 << 20;

    private final String source;
    private final Path folder;
    private final List<Problem> problems;
    private final ObjectMapper mapper = JsonMapper.shared();
    private final Map<Tag, ConstructNode> constructors;
    private final LoadSettings settings;
    private Map<String, Place> places = new HashMap<>();
    private int nodes;

    /**
     * A reader of one file.
     *
     * @param source the file's name for people
     * @param folder what relative paths inside start from
     * @param problems where to put what is wrong
     */
    YamlDocuments(String source, Path folder, List<Problem> problems) {
        this.source = source;
        this.folder = folder;
        this.problems = problems;
        var schema = new CoreSchema();
        this.constructors = schema.getSchemaTagConstructors();
        this.settings =
                LoadSettings.builder()
                        .setLabel(source)
                        .setSchema(schema)
                        .setUseMarks(true)
                        .setAllowNonScalarKeys(true) // told here, with their place
                        .setMaxAliasesForCollections(MAX_ALIASES)
                        .setCodePointLimit(MAX_CODE_POINTS)
                        .build();
    }

    /** The documents; those that are empty or no mapping are left out. */
    List<ManifestDocument> read(String text) {
        var documents = new ArrayList<ManifestDocument>();
        try {
            for (Node root : new Compose(settings).composeAllFromString(text)) {
                document(root).ifPresent(documents::add);
            }
        } catch (MarkedYamlEngineException e) {
            problems.add(syntaxProblem(e));
        } catch (YamlEngineException e) {
            problem(Place.START, "", String.valueOf(e.getMessage()));
        }
        return documents;
    }

    private Optional<ManifestDocument> document(Node root) {
        if (root instanceof ScalarNode scalar && scalar.getTag().equals(Tag.NULL)) {
            return Optional.empty();
        }
        places = new HashMap<>();
        nodes = 0;
        JsonNode tree = convert(root, "", 0);
        if (tree instanceof ObjectNode object) {
            return Optional.of(new ManifestDocument(source, folder, object, Map.copyOf(places)));
        }
        problem(
                placeOf(root),
                "",
                "a resource must be a mapping with apiVersion, kind, metadata and spec");
        return Optional.empty();
    }

    private JsonNode convert(Node node, String pointer, int depth) {
        places.putIfAbsent(pointer, placeOf(node));
        if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
            if (nodes == MAX_NODES + 1 || nodes <= MAX_NODES) {
                problem(placeOf(node), pointer, "this is nested too deeply or repeats too much");
            }
            return mapper.nullNode();
        }
        return switch (node) {
            case MappingNode mapping -> object(mapping, pointer, depth);
            case SequenceNode sequence -> array(sequence, pointer, depth);
            case ScalarNode scalar -> scalar(scalar, pointer);
            default -> throw new YamlEngineException("unexpected " + node.getNodeType());
        };
    }

    private ObjectNode object(MappingNode mapping, String pointer, int depth) {
        ObjectNode object = mapper.createObjectNode();
        for (NodeTuple entry : mapping.getValue()) {
            if (!(entry.getKeyNode() instanceof ScalarNode key)) {
                problem(placeOf(entry.getKeyNode()), pointer, "a field's name must be a text");
                continue;
            }
            String name = key.getValue();
            String path = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
            if (object.has(name)) {
                problem(placeOf(key), path, "the field '" + name + "' is here twice");
                continue;
            }
            places.put(path, placeOf(key));
            object.set(name, convert(entry.getValueNode(), path, depth + 1));
        }
        return object;
    }

    private ArrayNode array(SequenceNode sequence, String pointer, int depth) {
        ArrayNode array = mapper.createArrayNode();
        int index = 0;
        for (Node item : sequence.getValue()) {
            array.add(convert(item, pointer + "/" + index++, depth + 1));
        }
        return array;
    }

    private JsonNode scalar(ScalarNode scalar, String pointer) {
        if (scalar.getTag().equals(Tag.STR)) {
            return mapper.valueToTree(scalar.getValue());
        }
        ConstructNode constructor = constructors.get(scalar.getTag());
        if (constructor == null) {
            String tag = scalar.getTag().getValue();
            problem(placeOf(scalar), pointer, "the YAML tag " + tag + " is not supported");
            return mapper.nullNode();
        }
        Object value = constructor.construct(scalar);
        return value == null ? mapper.nullNode() : mapper.valueToTree(value);
    }

    private Problem syntaxProblem(MarkedYamlEngineException e) {
        Place place =
                e.getProblemMark()
                        .or(e::getContextMark)
                        .map(mark -> new Place(mark.getLine() + 1, mark.getColumn() + 1))
                        .orElse(Place.START);
        String what = e.getProblem() == null ? "cannot be read" : e.getProblem();
        String context = e.getContext() == null ? "" : " " + e.getContext();
        return new Problem(source, place.line(), place.column(), "", "not YAML: " + what + context);
    }

    private void problem(Place place, String pointer, String message) {
        problems.add(new Problem(source, place.line(), place.column(), pointer, message));
    }

    private static Place placeOf(Node node) {
        return node.getStartMark()
                .map(mark -> new Place(mark.getLine() + 1, mark.getColumn() + 1))
                .orElse(Place.START);
    }
}

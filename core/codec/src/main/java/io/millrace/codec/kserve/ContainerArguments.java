package io.millrace.codec.kserve;

import io.millrace.api.TransformerSpec;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.codec.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The command line of a transformer's container.
 *
 * @param workers how many processes; 1 unless it says more
 * @param protocol of its calls to the model
 * @param others the words that are for the user's code
 */
record ContainerArguments(int workers, Protocol protocol, List<String> others) {

    /** Of KServe's own server in the container, which this server takes the place of. */
    private static final Set<String> OF_SERVER =
            Set.of(
                    "--predictor_host",
                    "--predictor_use_ssl",
                    "--predictor_request_timeout_seconds",
                    "--predictor_request_retries",
                    "--http_port",
                    "--grpc_port",
                    "--max_threads",
                    "--max_asyncio_workers",
                    "--enable_grpc",
                    "--enable_docs_url",
                    "--enable_latency_logging");

    private static final String MODEL_NAME = "--model_name";
    private static final String PROTOCOL = "--predictor_protocol";
    private static final String WORKERS = "--workers";

    ContainerArguments {
        others = List.copyOf(others);
    }

    /** One option and where it is written. */
    private record Word(String name, Optional<String> value, Value place) {}

    /**
     * Reads it.
     *
     * @param model what the service is called, whatever the arguments say
     */
    static ContainerArguments read(Value command, Value args, String model, Notes notes) {
        var words = new ArrayList<Value>(ownWords(command));
        words.addAll(args.items());
        int workers = 1;
        Protocol protocol = Protocol.V1;
        var others = new ArrayList<String>();
        for (int i = 0; i < words.size(); i++) {
            Word word = word(words, i);
            boolean isOfServer = OF_SERVER.contains(word.name());
            boolean isRead = Set.of(MODEL_NAME, PROTOCOL, WORKERS).contains(word.name());
            if (!isOfServer && !isRead) {
                others.add(words.get(i).looseText());
                continue;
            }
            if (!words.get(i).looseText().contains("=") && word.value().isPresent()) {
                i++;
            }
            switch (word.name()) {
                case MODEL_NAME -> checkName(word, model, notes);
                case WORKERS -> workers = workers(word);
                case PROTOCOL -> protocol = protocol(word);
                default ->
                        notes.warn(
                                words.get(Math.min(i, words.size() - 1)),
                                "'%s' has no effect: calls of the model stay in the server"
                                        .formatted(word.name()));
            }
        }
        return new ContainerArguments(workers, protocol, others);
    }

    /** What comes after the Python file: {@code python -m transformer --x 1} has {@code --x 1}. */
    private static List<Value> ownWords(Value command) {
        List<Value> words = command.items();
        int first = 0;
        while (first < words.size() && !words.get(first).looseText().startsWith("--")) {
            first++;
        }
        return words.subList(first, words.size());
    }

    private static Word word(List<Value> words, int index) {
        Value place = words.get(index);
        String text = place.looseText();
        int equals = text.indexOf('=');
        if (text.startsWith("--") && equals > 0) {
            return new Word(
                    text.substring(0, equals), Optional.of(text.substring(equals + 1)), place);
        }
        boolean hasNext =
                index + 1 < words.size() && !words.get(index + 1).looseText().startsWith("--");
        return hasNext
                ? new Word(
                        text, Optional.of(words.get(index + 1).looseText()), words.get(index + 1))
                : new Word(text, Optional.empty(), place);
    }

    private static void checkName(Word word, String model, Notes notes) {
        if (word.value().filter(name -> !name.equals(model)).isPresent()) {
            notes.warn(word.place(), "'--model_name' has no effect: the model is called " + model);
        }
    }

    private static int workers(Word word) {
        String text = word.value().orElse("");
        if (text.matches("[0-9]{1,4}")
                && Integer.parseInt(text) >= 1
                && Integer.parseInt(text) <= TransformerSpec.MAX_WORKERS) {
            return Integer.parseInt(text);
        }
        word.place().problem("expected --workers 1 to " + TransformerSpec.MAX_WORKERS);
        return 1;
    }

    private static Protocol protocol(Word word) {
        return switch (word.value().orElse("")) {
            case "v1" -> Protocol.V1;
            case "v2" -> Protocol.V2;
            default -> {
                word.place()
                        .problem(
                                "expected --predictor_protocol v1 or v2: a transformer's calls stay"
                                        + " in the server, so gRPC is not needed");
                yield Protocol.V1;
            }
        };
    }
}

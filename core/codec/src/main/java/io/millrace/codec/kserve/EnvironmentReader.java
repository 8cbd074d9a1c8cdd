package io.millrace.codec.kserve;

import io.millrace.api.ResourceName;
import io.millrace.codec.Fields;
import io.millrace.codec.ForeignDocuments;
import io.millrace.codec.Value;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the variables of a container. Those of secrets become a secret of their own. */
final class EnvironmentReader {

    private final Head head;
    private final Accounts accounts;
    private final Map<String, String> values = new LinkedHashMap<>();
    private final Map<String, String> secrets = new LinkedHashMap<>();

    EnvironmentReader(Head head, Accounts accounts) {
        this.head = head;
        this.accounts = accounts;
    }

    /**
     * Variables.
     *
     * @param secret with those whose values nobody shall see
     */
    record Variables(Map<String, String> values, Optional<ResourceName> secret) {
        Variables {
            values = Map.copyOf(values);
        }
    }

    Variables read(Value env) {
        env.items().forEach(this::variable);
        if (secrets.isEmpty()) {
            return new Variables(values, Optional.empty());
        }
        var name = new ResourceName(head.name().value() + "-transformer-env");
        accounts.add(
                new Accounts.ReadSecret(
                        new KServeResources.SecretValues(head.project(), name, secrets),
                        Optional.empty()));
        return new Variables(values, Optional.of(name));
    }

    private void variable(Value item) {
        Fields fields = item.fields();
        String name = fields.required("name").filledText();
        Value value = fields.optional("value");
        Value from = fields.optional("valueFrom");
        fields.rejectUnknown();
        if (from.isPresent()) {
            reference(name, from);
        } else {
            values.put(name, value.isPresent() ? value.looseText() : "");
        }
    }

    private void reference(String name, Value from) {
        Value reference = from.map().get("secretKeyRef");
        if (reference == null) {
            from.problem("only secretKeyRef is available: write other values into 'value'");
            return;
        }
        Fields fields = reference.fields();
        String secret = fields.required("name").filledText();
        String key = fields.required("key").filledText();
        boolean isOptional = fields.optional("optional").bool(false);
        fields.rejectUnknown();
        Optional<String> found =
                accounts.secret(head.project(), secret)
                        .map(read -> read.values().values().get(key));
        found.ifPresent(value -> secrets.put(name, value));
        if (found.isEmpty() && !isOptional) {
            reference.problem(
                    "the secret '%s' with '%s' must be in these files"
                            .formatted(
                                    ForeignDocuments.shown(secret), ForeignDocuments.shown(key)));
        }
    }
}

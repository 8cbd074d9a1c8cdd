package io.millrace.codec.kserve;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.codec.Value;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code Secret} and {@code ServiceAccount}. What is in a secret is in no message. */
final class AccountReader {

    /** The names of ours and those of the generations of KServe, the newest first. */
    private static final Map<String, List<String>> CREDENTIALS =
            Map.of(
                    "accessKey", List.of("AWS_ACCESS_KEY_ID", "awsAccessKeyID"),
                    "secretKey", List.of("AWS_SECRET_ACCESS_KEY", "awsSecretAccessKey"));

    private static final FieldTable SECRET =
            FieldTable.titled("Secret")
                    .honoured("apiVersion", "")
                    .honoured("kind", "")
                    .honoured("metadata", "")
                    .honoured("data", "values, in base64")
                    .honoured("stringData", "values")
                    .honoured("type", "passed over")
                    .honoured("immutable", "passed over")
                    .build();
    private static final FieldTable ACCOUNT =
            FieldTable.titled("ServiceAccount")
                    .honoured("apiVersion", "")
                    .honoured("kind", "")
                    .honoured("metadata", "")
                    .honoured("secrets", "[{name}]: the credentials of object stores")
                    .warned("imagePullSecrets", "images are not pulled here")
                    .warned("automountServiceAccountToken", "nothing runs in a pod")
                    .build();

    private AccountReader() {}

    static void readSecret(Value root, Head head, Accounts accounts, Notes notes) {
        var section = new Section(root, SECRET, notes);
        section.optional("data");
        var values = new LinkedHashMap<String, String>();
        section.optional("data")
                .map()
                .forEach((name, value) -> {
                    if (value.isScalar()) {
                        decoded(value).ifPresent(text -> values.put(name, text));
                    } else {
                        value.problem("expected a text in base64");
                    }
                });
        section.optional("stringData")
                .map()
                .forEach((name, value) -> {
                    if (value.isScalar()) {
                        values.put(name, value.looseText());
                    } else {
                        value.problem("expected a text");
                    }
                });
        CREDENTIALS.forEach((ours, theirs) -> {
            for (String name : theirs.reversed()) { // the newest wins
                String text = values.get(name);
                if (text != null) {
                    values.put(ours, text.strip());
                }
            }
        });
        boolean hasKeys = values.containsKey("accessKey") && values.containsKey("secretKey");
        Optional<BucketConnection> connection =
                connection(head, hasKeys ? Optional.of(head.name()) : Optional.empty());
        accounts.add(
                new Accounts.ReadSecret(
                        new KServeResources.SecretValues(head.project(), head.name(), values),
                        connection));
        section.end();
    }

    private static Optional<String> decoded(Value value) {
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(value.looseText());
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (IllegalArgumentException | CharacterCodingException e) {
            // What the exception says may hold a part of the secret.
            value.problem("expected text in base64; as it is it belongs into stringData");
            return Optional.empty();
        }
    }

    /** The store that annotations of either generation describe. */
    private static Optional<BucketConnection> connection(Head head, Optional<ResourceName> secret) {
        var s3 = new S3Annotations(head.annotations());
        if (secret.isEmpty() && !s3.isWritten()) {
            return Optional.empty();
        }
        boolean isAnonymous = s3.flag("useanoncredential", false);
        s3.find("cabundle")
                .filter(v -> !v.looseText().isBlank())
                .ifPresent(value ->
                        value.problem(
                                "'s3-cabundle' is not available: authorities are those of the server's Java"));
        boolean usesTls = s3.flag("usehttps", true);
        if (usesTls && !s3.flag("verifyssl", true)) {
            s3.find("verifyssl")
                    .ifPresent(value ->
                            value.problem(
                                    "'s3-verifyssl' cannot be turned off: an unchecked certificate protects"
                                            + " nothing; set s3-usehttps to \"0\" inside a trusted network"));
        }
        String endpoint = endpoint(s3, usesTls);
        return Optional.of(
                new BucketConnection(
                        endpoint,
                        s3.find("region")
                                .map(Value::looseText)
                                .filter(text -> !text.isBlank())
                                .orElse(BucketConnection.DEFAULT_REGION),
                        isAnonymous ? Optional.empty() : secret,
                        !endpoint.isEmpty() && !s3.flag("usevirtualbucket", false)));
    }

    private static String endpoint(S3Annotations s3, boolean usesTls) {
        Optional<Value> written = s3.find("endpoint").filter(v -> !v.looseText().isBlank());
        if (written.isEmpty()) {
            return "";
        }
        String text = written.get().looseText().strip();
        String address = text.contains("://") ? text : (usesTls ? "https://" : "http://") + text;
        StoreAddress.problem(address).ifPresent(written.get()::problem);
        return address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
    }

    static void readAccount(Value root, Head head, Accounts accounts, Notes notes) {
        var section = new Section(root, ACCOUNT, notes);
        var names = new ArrayList<Value>();
        for (Value item : section.optional("secrets").items()) {
            Value name = item.map().get("name");
            if (name == null || !name.isScalar()) {
                item.problem("expected {name: <secret>}");
            } else {
                names.add(name);
            }
        }
        ProjectId project = head.project();
        accounts.addAccount(project, head.name(), names);
        section.end();
    }
}

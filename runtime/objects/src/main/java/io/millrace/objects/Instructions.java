package io.millrace.objects;

import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.OverKafka;
import io.millrace.api.ObjectFilter;
import io.millrace.spi.SourceBinding;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What to run to have a store send its events, for who sets it up by hand. Without secrets. */
final class Instructions {

    private final SourceBinding binding;
    private final Bucket bucket;

    Instructions(SourceBinding binding, Bucket bucket) {
        this.binding = binding;
        this.bucket = bucket;
    }

    String text() {
        String endpoint =
                bucket.store()
                        .map(store -> store.endpoint().isEmpty() ? "" : store.endpoint())
                        .orElse("");
        return endpoint.isEmpty()
                ? forAmazon("")
                : forMinio() + " || or with Ceph: " + forCeph(endpoint);
    }

    private String topicName() {
        return "millrace-" + binding.source().project() + "-" + binding.source().name();
    }

    private String address() {
        return bucket.setUp()
                .address()
                .orElse(
                        "http://HOST:PORT/projects/%s/sources/%s"
                                .formatted(binding.source().project(), binding.source().name()));
    }

    private String forMinio() {
        boolean isKafka = bucket.arrival() instanceof OverKafka;
        String kind = isKafka ? "kafka" : "webhook";
        var lines = new ArrayList<String>();
        if (bucket.setUp().target().isEmpty()) {
            lines.add(
                    bucket.arrival() instanceof OverKafka kafka
                            ? "mc admin config set ALIAS notify_kafka:millrace brokers=%s topic=%s"
                                    .formatted(
                                            kafka.cluster()
                                                    .map(c -> c.bootstrap())
                                                    .orElse("HOST:9092"),
                                            kafka.topic())
                            : "mc admin config set ALIAS notify_webhook:millrace endpoint=%s auth_token=TOKEN queue_dir=/var/lib/minio-events"
                                    .formatted(address()));
            lines.add("mc admin service restart ALIAS");
        }
        String target = bucket.setUp().target().orElse("arn:minio:sqs::millrace:" + kind);
        for (SourceBinding.Route route : binding.routes()) {
            ObjectFilter filter = route.objects().orElse(ObjectFilter.ALL);
            lines.add(
                    "mc event add ALIAS/%s %s --event put%s%s"
                            .formatted(
                                    route.topic(),
                                    target,
                                    option(" --prefix ", filter.prefix()),
                                    option(" --suffix ", filter.suffix())));
        }
        return "mc: " + String.join(" && ", lines);
    }

    private static String option(String name, String value) {
        return value.isEmpty() ? "" : name + quoted(value);
    }

    private String forCeph(String endpoint) {
        return forAmazon("--endpoint-url " + endpoint + " ");
    }

    private String forAmazon(String where) {
        var lines = new ArrayList<String>();
        String target = bucket.setUp().target().orElse("TOPIC_ARN");
        if (bucket.setUp().target().isEmpty()) {
            lines.add(
                    "aws %ssns create-topic --name %s --attributes %s"
                            .formatted(
                                    where,
                                    topicName(),
                                    quoted(
                                            "{\"push-endpoint\":\"%s\",\"persistent\":\"true\"}"
                                                    .formatted(address()))));
        }
        binding.routes().stream()
                .collect(Collectors.groupingBy(SourceBinding.Route::topic))
                .forEach((name, routes) ->
                        lines.add(
                                "aws %ss3api put-bucket-notification-configuration --bucket %s --notification-configuration %s"
                                        .formatted(
                                                where,
                                                name,
                                                quoted(configuration(routes, target)))));
        return String.join(" && ", lines);
    }

    private String configuration(List<SourceBinding.Route> routes, String target) {
        var entries = new ArrayList<String>();
        for (SourceBinding.Route route : routes) {
            ObjectFilter filter = route.objects().orElse(ObjectFilter.ALL);
            var rules = new ArrayList<String>();
            addRule("prefix", filter.prefix(), rules);
            addRule("suffix", filter.suffix(), rules);
            entries.add(
                    "{\"Id\":\"%s-%s\",\"TopicArn\":\"%s\",\"Events\":[%s]%s}"
                            .formatted(
                                    topicName(),
                                    route.field(),
                                    target,
                                    filter.events().stream()
                                            .map(event -> "\"s3:" + event + "\"")
                                            .collect(Collectors.joining(",")),
                                    rules.isEmpty()
                                            ? ""
                                            : ",\"Filter\":{\"Key\":{\"FilterRules\":["
                                                    + String.join(",", rules)
                                                    + "]}}"));
        }
        return "{\"TopicConfigurations\":[" + String.join(",", entries) + "]}";
    }

    private static void addRule(String name, String value, List<String> rules) {
        if (!value.isEmpty()) {
            rules.add(
                    "{\"Name\":\"%s\",\"Value\":\"%s\"}"
                            .formatted(name, value.replace("\\", "\\\\").replace("\"", "\\\"")));
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}

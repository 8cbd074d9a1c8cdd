package io.millrace.embedded.s3.depot;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Names and values in one column, in the form of web forms. */
final class Pairs {

    private Pairs() {}

    static String write(Map<String, String> pairs) {
        var text = new StringBuilder();
        for (Map.Entry<String, String> pair : new TreeMap<>(pairs).entrySet()) {
            if (!text.isEmpty()) {
                text.append('&');
            }
            text.append(URLEncoder.encode(pair.getKey(), StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(pair.getValue(), StandardCharsets.UTF_8));
        }
        return text.toString();
    }

    static Map<String, String> read(String text) {
        if (text.isEmpty()) {
            return Map.of();
        }
        var pairs = new TreeMap<String, String>();
        for (String pair : text.split("&", -1)) {
            int sign = pair.indexOf('=');
            pairs.put(
                    URLDecoder.decode(pair.substring(0, sign), StandardCharsets.UTF_8),
                    URLDecoder.decode(pair.substring(sign + 1), StandardCharsets.UTF_8));
        }
        return pairs;
    }
}

package io.millrace.management.http;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Scope;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A part of a list. The next part starts behind the last key of this one, so whatever comes or goes
 * meanwhile, nothing that stays is left out or given twice.
 *
 * @param items in the order of keys
 * @param next where the next part starts; empty at the end
 */
record Page(List<Resource<?>> items, Optional<String> next) {
    Page {
        items = List.copyOf(items);
    }

    static Page of(Kind kind, List<Resource<?>> all, Optional<String> token, int limit) {
        Optional<ResourceKey> after = token.map(text -> decode(kind, text));
        List<Resource<?>> rest =
                after.isEmpty()
                        ? all
                        : all.stream().filter(r -> r.key().compareTo(after.get()) > 0).toList();
        if (rest.size() <= limit) {
            return new Page(rest, Optional.empty());
        }
        List<Resource<?>> items = rest.subList(0, limit);
        return new Page(items, Optional.of(encode(items.getLast().key())));
    }

    private static String encode(ResourceKey key) {
        // Names hold no '/', and install kinds have an empty scope.
        String text = key.scope() + "/" + key.name();
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ResourceKey decode(Kind kind, String token) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
            int slash = text.indexOf('/');
            if (slash >= 0) {
                var name = new ResourceName(text.substring(slash + 1));
                Scope scope =
                        slash == 0
                                ? new Scope.Install()
                                : new Scope.InProject(new ProjectId(text.substring(0, slash)));
                return new ResourceKey(kind, scope, name);
            }
        } catch (IllegalArgumentException | MillraceException _) {
            // The same answer for everything that this server did not give out.
        }
        throw MillraceException.invalid(
                "query parameter 'continue' is not one that a list gave; start again without it");
    }
}

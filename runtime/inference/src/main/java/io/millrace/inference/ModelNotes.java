package io.millrace.inference;

import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.tensor.Signature;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be known about a model after a restart, one folder per model:
 *
 * <pre>
 *   FOLDER/&lt;project&gt;/&lt;model&gt;/origin-&lt;version&gt;   what an address gave when it was fetched
 *   FOLDER/&lt;project&gt;/&lt;model&gt;/in-service         which version answered, and its signatures
 * </pre>
 */
final class ModelNotes {

    private static final Logger LOG = LoggerFactory.getLogger(ModelNotes.class);
    private static final String IN_SERVICE = "in-service";

    private final Path folder;
    private final Path staging;
    private final IdSource ids;

    ModelNotes(Path folder, Path staging, IdSource ids) {
        this.folder = folder;
        this.staging = staging;
        this.ids = ids;
    }

    /** The version that answers those who name none, and what its callers rely on. */
    record InService(int version, String uri, List<Signature> signatures) {
        InService {
            signatures = List.copyOf(signatures);
        }
    }

    /** The content that an address gave for a version; empty when it was never fetched. */
    Optional<String> fetched(ResourceKey model, int version, String uri) {
        List<String> lines = read(home(model).resolve("origin-" + version));
        return lines.size() == 2 && lines.getFirst().equals(uri)
                ? Optional.of(lines.get(1))
                : Optional.empty();
    }

    /** Keeps what an address gave, durably: it is never fetched again. */
    void keepFetched(ResourceKey model, int version, String uri, String sha256) {
        write(home(model), "origin-" + version, List.of(uri, sha256));
    }

    Optional<InService> inService(ResourceKey model) {
        List<String> lines = read(home(model).resolve(IN_SERVICE));
        if (lines.size() < 2) {
            return Optional.empty();
        }
        var signatures = new ArrayList<Signature>();
        try {
            for (String line : lines.subList(2, lines.size())) {
                int space = line.indexOf(' ');
                String name = URLDecoder.decode(line.substring(0, space), StandardCharsets.UTF_8);
                SignatureText.parse(
                                name,
                                URLDecoder.decode(
                                        line.substring(space + 1), StandardCharsets.UTF_8))
                        .ifPresent(signatures::add);
            }
            return Optional.of(
                    new InService(Integer.parseInt(lines.getFirst()), lines.get(1), signatures));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            LOG.warn("the note on which version of {} is in service is damaged", model);
            return Optional.empty();
        }
    }

    /**
     * Keeps which version is in service. A failure is logged: calls are answered all the same, only
     * a restart would not know.
     */
    void keepInService(ResourceKey model, InService inService) {
        var lines = new ArrayList<String>();
        lines.add(Integer.toString(inService.version()));
        lines.add(inService.uri());
        for (Signature signature : inService.signatures()) {
            lines.add(
                    URLEncoder.encode(signature.name(), StandardCharsets.UTF_8)
                            + " "
                            + URLEncoder.encode(signature.toString(), StandardCharsets.UTF_8));
        }
        try {
            write(home(model), IN_SERVICE, lines);
        } catch (MillraceException e) {
            LOG.warn("cannot note which version of {} is in service", model, e);
        }
    }

    /** Forgets a model that was deleted. */
    void forget(ResourceKey model) {
        Folders.deleteQuietly(home(model));
    }

    private Path home(ResourceKey model) {
        return folder.resolve(model.project().value()).resolve(model.name().value());
    }

    private static List<String> read(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the note " + file, e);
        }
    }

    private void write(Path home, String name, List<String> lines) {
        Path staged = staging.resolve(ids.next());
        try {
            Files.createDirectories(staging);
            Files.createDirectories(home);
            Files.write(staged, lines);
            Folders.sync(staged);
            Files.move(staged, home.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            Folders.sync(home);
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep a note on a model", e);
        } finally {
            Folders.deleteQuietly(staged);
        }
    }
}

package io.millrace.cli.manifest;

import io.millrace.client.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads what {@code -f} names: files, the resource files of a folder, or standard input. */
public final class ManifestFiles {

    private final Path folder;
    private final InputStream input;
    private final List<Dialect> dialects;
    private final List<Problem> problems = new ArrayList<>();

    /**
     * A reader.
     *
     * @param folder what relative paths start from
     * @param input what {@code -} stands for
     */
    public ManifestFiles(Path folder, InputStream input) {
        this(folder, input, false);
    }

    /**
     * A reader.
     *
     * @param folder what relative paths start from
     * @param input what {@code -} stands for
     * @param isExternal whether services written for another broker are to use that one; else the
     *     embedded one
     */
    public ManifestFiles(Path folder, InputStream input, boolean isExternal) {
        this.folder = folder;
        this.input = input;
        this.dialects = List.of(new ServiceConfiguration(isExternal));
    }

    /**
     * All resources of all files, in order.
     *
     * @param names files, folders (their {@code *.yaml}, {@code *.yml} and {@code *.json} by name,
     *     not those of folders inside), or {@code -}
     * @throws ManifestProblems with everything that is wrong
     */
    public List<ManifestDocument> read(List<String> names) {
        var documents = new ArrayList<ManifestDocument>();
        for (String name : names) {
            documents.addAll(name.equals("-") ? readInput() : readPath(name));
        }
        if (problems.isEmpty() && documents.isEmpty()) {
            problem(String.join(", ", names), "holds no resources");
        }
        if (!problems.isEmpty()) {
            throw new ManifestProblems(problems);
        }
        return documents;
    }

    private List<ManifestDocument> readInput() {
        try {
            return parse("standard input", folder, input.readAllBytes());
        } catch (IOException e) {
            problem("standard input", "cannot be read: " + e.getMessage());
            return List.of();
        }
    }

    private List<ManifestDocument> readPath(String name) {
        Path path = folder.resolve(name);
        if (!Files.isDirectory(path)) {
            return readFile(name, path);
        }
        var documents = new ArrayList<ManifestDocument>();
        try (Stream<Path> entries = Files.list(path)) {
            List<Path> files = entries.filter(ManifestFiles::isResourceFile).sorted().toList();
            if (files.isEmpty()) {
                problem(name, "this folder holds no *.yaml, *.yml or *.json");
            }
            for (Path file : files) {
                String shown = Path.of(name).resolve(file.getFileName()).toString();
                documents.addAll(readFile(shown, file));
            }
        } catch (IOException e) {
            problem(name, "cannot be read: " + reason(e));
        }
        return documents;
    }

    private static boolean isResourceFile(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        boolean named = name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
        return named && Files.isRegularFile(path);
    }

    private List<ManifestDocument> readFile(String name, Path path) {
        try {
            Path parent = path.toAbsolutePath().getParent();
            return parse(name, parent == null ? folder : parent, Files.readAllBytes(path));
        } catch (IOException e) {
            problem(name, "cannot be read: " + reason(e));
            return List.of();
        }
    }

    private List<ManifestDocument> parse(String name, Path relativeTo, byte[] bytes) {
        try {
            String text =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(java.nio.ByteBuffer.wrap(bytes))
                            .toString();
            String withoutMark = text.startsWith("\uFEFF") ? text.substring(1) : text;
            return ours(new YamlDocuments(name, relativeTo, problems).read(withoutMark));
        } catch (CharacterCodingException _) {
            problem(name, "is not UTF-8 text");
            return List.of();
        }
    }

    private List<ManifestDocument> ours(List<ManifestDocument> documents) {
        var ours = new ArrayList<ManifestDocument>();
        for (ManifestDocument document : documents) {
            Optional<Dialect> dialect =
                    dialects.stream().filter(d -> d.recognises(document.tree())).findFirst();
            if (dialect.isPresent()) {
                ours.addAll(dialect.get().translate(document, problems));
            } else {
                ours.add(document);
            }
        }
        return ours;
    }

    private void problem(String source, String message) {
        problems.add(new Problem(source, 0, 0, "", message));
    }

    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file";
            case java.nio.file.AccessDeniedException _ -> "access is denied";
            default -> String.valueOf(e.getMessage());
        };
    }
}

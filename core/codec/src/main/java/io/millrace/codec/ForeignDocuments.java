package io.millrace.codec;

import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads documents whose kinds are not ours, for those who translate them. What is wrong is told as
 * for our own: all of it, each with its place.
 */
public final class ForeignDocuments {

    private static final LocalFiles NO_FILES =
            path -> {
                throw MillraceException.internal("no files are at hand to read " + path, null);
            };

    private ForeignDocuments() {}

    /**
     * One document.
     *
     * @param number of it in the text, from 1
     * @param root what is in it; what is wrong with a value is noted for this document
     */
    public record Document(int number, Value root) {}

    /**
     * Reads a text of one or several documents.
     *
     * @param source what the text is called in messages; may be empty
     * @param read makes something of the documents; it notes what is wrong with their values
     * @throws ResourceProblems when anything is wrong
     */
    public static <T> T read(String source, String text, Function<List<Document>, T> read) {
        var all = new Problems(source);
        var documents = new ArrayList<Document>();
        var noted = new ArrayList<Problems>();
        for (DocumentParser.Document parsed : DocumentParser.parse(text, all)) {
            var own = new Problems(source);
            own.enter(parsed.number());
            noted.add(own);
            var reading = new Reading(own, Reading.Origin.LOCAL, Optional.empty(), NO_FILES);
            documents.add(new Document(parsed.number(), new Value(parsed.root(), "", reading)));
        }
        all.throwIfAny();
        T result = read.apply(documents);
        noted.forEach(all::addAll);
        all.throwIfAny();
        return result;
    }

    /** Reads a spec of ours that stands in somebody else's document in the same words. */
    public static Spec readSpec(Kind kind, Fields spec) {
        return KindCodec.of(kind).read(spec);
    }

    /** The end of a message about an unknown word: the one that was meant, or all there are. */
    public static String hint(String word, List<String> known) {
        return Spelling.hint(word, known);
    }

    /** A text of a document, fit for a message: printable and not long. */
    public static String shown(String text) {
        return DocumentParser.shorten(text);
    }
}

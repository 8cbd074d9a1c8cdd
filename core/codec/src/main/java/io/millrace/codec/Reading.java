package io.millrace.codec;

import io.millrace.api.ProjectId;
import java.util.Optional;

/**
 * What all codecs need while a text is read.
 *
 * @param problems where what is wrong is noted
 * @param origin who wrote the text
 * @param defaultProject of documents that name none; absent when they must name one
 * @param files the files next to the text
 */
record Reading(
        Problems problems, Origin origin, Optional<ProjectId> defaultProject, LocalFiles files) {

    /** Who wrote a text and how much of it is checked. */
    enum Origin {
        /** A person; the files it names are at hand. */
        LOCAL,
        /** A client of the server; everything it needs must be in it. */
        RECEIVED,
        /** The program itself, which has checked it before. */
        STORED,
        /** A server, perhaps a newer one: what is not understood is passed over. */
        ANSWERED
    }

    boolean isTolerant() {
        return origin == Origin.ANSWERED;
    }

    /** Whether content may be named by a place that only a client can read. */
    boolean isUnchecked() {
        return origin == Origin.STORED || origin == Origin.ANSWERED;
    }
}

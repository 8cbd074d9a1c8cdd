package io.millrace.cli.manifest;

/** A place in a text, counted from 1. */
record Place(int line, int column) {

    static final Place START = new Place(1, 1);
}

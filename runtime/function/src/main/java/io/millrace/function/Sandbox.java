package io.millrace.function;

import java.nio.file.Path;
import java.util.List;

/** What is put in front of a worker's command, to lock it in. */
@FunctionalInterface
interface Sandbox {

    /** None: a plain process that limits itself. */
    Sandbox NONE = (command, _) -> command;

    /** The command to run instead. */
    List<String> around(List<String> command, Needs needs);

    /**
     * What the worker must still be able to reach.
     *
     * @param environment to read: the virtual environment
     * @param kit to read: the worker's own files
     * @param home to read and write: its folder, also the current one
     * @param sockets to connect to: the folder of the socket
     */
    record Needs(Path environment, Path kit, Path home, Path sockets) {}
}

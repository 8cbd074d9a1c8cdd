package io.millrace.function;

/** What is said between the server and one worker process, once it is up. */
interface Talk {

    /** How many messages or requests this process has answered in all. */
    long completed();
}

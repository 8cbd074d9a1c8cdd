package io.millrace.function;

import io.millrace.api.ErrorCode;

/** Why a worker's process ended, in words for the owner of the message it worked on. */
record Verdict(ErrorCode code, String reason) {

    /** The worker ends itself with it when its connection is gone. */
    private static final int CONNECTION_LOST = 70;

    /** The connection ended before the process did. */
    static Verdict connectionClosed() {
        return new Verdict(
                ErrorCode.USER_CODE, "the function closed its worker's connection to the server");
    }

    /** The connection holds what no worker writes. */
    static Verdict connectionDisturbed(String how) {
        return new Verdict(
                ErrorCode.USER_CODE,
                "the function disturbed its worker's connection to the server: " + how);
    }

    /** The server's own thread was told to stop. */
    static Verdict interrupted() {
        return new Verdict(
                ErrorCode.UNAVAILABLE, "the server stopped waiting for the function's worker");
    }

    /** What an exit code says when nobody else knows better. */
    static Verdict ofExit(int code) {
        if (code == CONNECTION_LOST) {
            return connectionClosed();
        }
        if (code > 128 && code < 128 + 65) {
            int signal = code - 128;
            return new Verdict(
                    ErrorCode.USER_CODE,
                    "the function's process was ended by signal " + signal + name(signal));
        }
        return new Verdict(
                ErrorCode.USER_CODE, "the function ended its process with exit code " + code);
    }

    private static String name(int signal) {
        return switch (signal) {
            case 4 -> " (SIGILL)";
            case 6 -> " (SIGABRT)";
            case 7 -> " (SIGBUS)";
            case 8 -> " (SIGFPE)";
            case 9 -> " (SIGKILL; when nobody killed it, the machine ran out of memory)";
            case 11 -> " (SIGSEGV)";
            case 15 -> " (SIGTERM)";
            case 25 -> " (SIGXFSZ: it wrote a file that is too large)";
            default -> "";
        };
    }
}

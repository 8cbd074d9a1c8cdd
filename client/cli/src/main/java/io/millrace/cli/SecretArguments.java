package io.millrace.cli;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the values of a secret from arguments; what is wrong is said without any value. */
final class SecretArguments {

    private final CliContext context;
    private boolean isInputRead;

    SecretArguments(CliContext context) {
        this.context = context;
    }

    Map<String, String> read(List<String> arguments) {
        var values = new LinkedHashMap<String, String>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            if (equals <= 0) {
                // It may be a password that was meant to have a name.
                throw MillraceException.invalid(
                        "argument %d after the secret's name must be KEY=VALUE, KEY=@FILE or KEY=@-"
                                .formatted(i + 1));
            }
            String key = argument.substring(0, equals);
            if (values.put(key, value(key, argument.substring(equals + 1))) != null) {
                throw MillraceException.invalid("'" + key + "' is there twice");
            }
        }
        return values;
    }

    private String value(String key, String text) {
        if (!text.startsWith("@")) {
            return text;
        }
        return withoutLastLineBreak(
                text.equals("@-") ? standardInput(key) : file(key, text.substring(1)));
    }

    private String file(String key, String name) {
        try {
            return text(key, Files.readAllBytes(context.resolve(name)));
        } catch (NoSuchFileException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "there is no file " + name + " for '" + key + "'; " + key + "=@FILE names one",
                    e);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "cannot read " + name + " for '" + key + "': " + e, e);
        }
    }

    private String standardInput(String key) {
        if (isInputRead) {
            throw MillraceException.invalid(
                    "standard input can be one value only; '" + key + "' asks for it again");
        }
        isInputRead = true;
        try {
            return text(key, context.input().readAllBytes());
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "cannot read standard input for '" + key + "': " + e, e);
        }
    }

    private static String text(String key, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "the value of '" + key + "' is not UTF-8 text", e);
        }
    }

    private static String withoutLastLineBreak(String text) {
        if (text.endsWith("\r\n")) {
            return text.substring(0, text.length() - 2);
        }
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }
}

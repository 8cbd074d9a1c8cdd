package io.millrace.function;

import io.millrace.spi.FunctionLaunch;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From the connection of a worker to the point where it takes messages. */
final class Handshake {

    private static final Logger log = LoggerFactory.getLogger(Handshake.class);
    private static final int LONGEST_HELLO = 4096;

    private Handshake() {}

    /** Waits for the worker and has it load the function; the process's deadline ends the wait. */
    static Conversation perform(WorkerLauncher.Launched launched, FunctionLaunch launch)
            throws IOException, StartFailure {
        FrameChannel channel = accept(launched);
        channel.use().lock();
        try {
            sendConfig(channel, launched, launch);
        } finally {
            channel.use().unlock();
        }
        int kind = channel.nextFrame(Protocol.MAX_TEXT);
        return switch (kind) {
            case Protocol.READY ->
                    new Conversation(
                            launched.process(),
                            channel,
                            (channel.readByte() & Protocol.BATCH) != 0,
                            launch.spec().timeout().toNanos());
            case Protocol.START_FAILED -> throw new StartFailure(channel.readText());
            default -> throw new ProtocolViolation("the worker began with a frame of kind " + kind);
        };
    }

    private static FrameChannel accept(WorkerLauncher.Launched launched)
            throws IOException, StartFailure {
        try (launched) {
            while (true) {
                SocketChannel socket = launched.listener().accept();
                FrameChannel channel = new FrameChannel(socket);
                if (isOurs(channel, launched.token())) {
                    launched.process().connected(channel);
                    return channel;
                }
                channel.close();
            }
        }
    }

    /** Only the process that was given the token is let in; another one does not end the wait. */
    private static boolean isOurs(FrameChannel channel, String token) throws StartFailure {
        int version;
        byte[] given;
        try {
            if (channel.nextFrame(LONGEST_HELLO) != Protocol.HELLO) {
                throw new ProtocolViolation("it did not begin with HELLO");
            }
            version = channel.readInt();
            given = channel.readText().getBytes(StandardCharsets.UTF_8);
            String language = channel.readText();
            String languageVersion = channel.readText();
            log.debug("Worker in {} {}", language, languageVersion);
        } catch (IOException e) {
            log.warn("Something else than a worker connected to its socket", e);
            return false;
        }
        if (!MessageDigest.isEqual(given, token.getBytes(StandardCharsets.UTF_8))) {
            log.warn("A worker came with a wrong token and was sent away");
            return false;
        }
        if (version != Protocol.VERSION) {
            throw new StartFailure(
                    "the worker speaks version "
                            + version
                            + " of the protocol, the server "
                            + Protocol.VERSION);
        }
        return true;
    }

    private static void sendConfig(
            FrameChannel channel, WorkerLauncher.Launched launched, FunctionLaunch launch)
            throws IOException {
        byte[] input = utf8(launch.input());
        byte[] output = utf8(launch.output());
        byte[] script = utf8(launched.script().toString());
        List<byte[]> args = new ArrayList<>(); // name, value, name, value
        new TreeMap<>(launch.args())
                .forEach((name, value) -> {
                    args.add(utf8(name));
                    args.add(utf8(value));
                });
        int length = 4 * 3 + input.length + output.length + script.length + 2 + 4;
        for (byte[] text : args) {
            length += 4 + text.length;
        }
        channel.beginFrame(Protocol.CONFIG, length);
        channel.writeText(input);
        channel.writeText(output);
        channel.writeText(script);
        channel.writeShort(args.size() / 2);
        for (byte[] text : args) {
            channel.writeText(text);
        }
        channel.writeInt(Protocol.MAX_PAYLOAD);
        channel.flush();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

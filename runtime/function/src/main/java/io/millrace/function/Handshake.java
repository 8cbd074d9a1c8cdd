package io.millrace.function;

import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.TransformerLaunch;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
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
        int flags = configure(channel, Protocol.CONFIG, config(launched, launch));
        return new Conversation(
                launched.process(),
                channel,
                (flags & Protocol.BATCH) != 0,
                launch.spec().timeout().toNanos());
    }

    /** The same for a transformer, which the launch describes. */
    static TransformerTalk performTransformer(
            WorkerLauncher.Launched launched, FunctionLaunch launch)
            throws IOException, StartFailure {
        FrameChannel channel = accept(launched);
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        out.write(config(launched, launch));
        TransformerLaunch transformer = launch.transformer().orElseThrow();
        text(out, transformer.model().value());
        text(out, transformer.protocol().name().toLowerCase(Locale.ROOT));
        text(out, launched.predictorHost());
        out.writeShort(transformer.arguments().size());
        for (String argument : transformer.arguments()) {
            text(out, argument);
        }
        int flags = configure(channel, Protocol.CONFIG_TRANSFORMER, body.toByteArray());
        return new TransformerTalk(
                launched.process(),
                channel,
                (flags & Protocol.BATCH) != 0,
                launch.spec().timeout().toNanos());
    }

    /** The flags with which the worker says that it is ready. */
    private static int configure(FrameChannel channel, int config, byte[] body)
            throws IOException, StartFailure {
        channel.use().lock();
        try {
            channel.beginFrame(config, body.length);
            channel.writeBytes(body);
            channel.flush();
        } finally {
            channel.use().unlock();
        }
        int kind = channel.nextFrame(Protocol.MAX_TEXT);
        return switch (kind) {
            case Protocol.READY -> channel.readByte();
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

    private static byte[] config(WorkerLauncher.Launched launched, FunctionLaunch launch)
            throws IOException {
        var body = new ByteArrayOutputStream();
        var out = new DataOutputStream(body);
        text(out, launch.input());
        text(out, launch.output());
        text(out, launched.script().toString());
        out.writeShort(launch.args().size());
        for (var argument : new TreeMap<>(launch.args()).entrySet()) {
            text(out, argument.getKey());
            text(out, argument.getValue());
        }
        out.writeInt(Protocol.MAX_PAYLOAD);
        return body.toByteArray();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}

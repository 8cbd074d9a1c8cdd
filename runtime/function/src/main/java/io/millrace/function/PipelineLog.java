package io.millrace.function;

import io.millrace.api.ResourceKey;
import io.millrace.process.Folders;
import io.millrace.spi.StepLogs.Line;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of one pipeline: {@code 0.log} is written, {@code 1.log} and up are older. Whoever reads
 * opens the files under the lock and reads them outside it, so nobody waits for a reader.
 */
final class PipelineLog {

    private static final Logger log = LoggerFactory.getLogger(PipelineLog.class);

    private final ResourceKey pipeline;
    private final Path folder;
    private final int files;
    private final long fileSize;
    private final List<LogFollower> followers = new CopyOnWriteArrayList<>();
    private @Nullable FileChannel current;
    private long size;
    private boolean removed;
    private boolean closed;

    PipelineLog(ResourceKey pipeline, Path folder, int files, long fileSize) {
        this.pipeline = pipeline;
        this.folder = folder;
        this.files = files;
        this.fileSize = fileSize;
    }

    synchronized void append(Line line) throws IOException {
        for (LogFollower follower : followers) {
            follower.offer(line);
        }
        if (closed || removed) {
            return; // what an ending function still says has no place any more
        }
        ByteBuffer bytes =
                ByteBuffer.wrap(
                        (LogLineFormat.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
        FileChannel channel = open();
        if (size > 0 && size + bytes.remaining() > fileSize) {
            rotate();
            channel = open();
        }
        size += bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    List<Line> tail(int lines) throws IOException {
        return past().last(lines);
    }

    /** From here on the follower gets each new line; what was before is in the answer. */
    synchronized Past join(LogFollower follower) {
        Past past = past();
        followers.add(follower);
        return past;
    }

    void leave(LogFollower follower) {
        followers.remove(follower);
    }

    /** Keeps lines again after {@link #remove}. */
    synchronized void reopen() {
        removed = false;
    }

    synchronized void remove() throws IOException {
        removed = true;
        closeFile();
        Folders.delete(folder);
    }

    synchronized void close() {
        closed = true;
        closeFile();
        followers.forEach(LogFollower::close);
        followers.clear();
    }

    private synchronized Past past() {
        List<FileChannel> opened = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < files; i++) {
            try {
                FileChannel channel = FileChannel.open(file(i), StandardOpenOption.READ);
                opened.add(channel);
                sizes.add(channel.size());
            } catch (IOException e) {
                log.trace("No log file {}", i, e);
                break;
            }
        }
        return new Past(pipeline, opened, sizes);
    }

    private FileChannel open() throws IOException {
        FileChannel channel = current;
        if (channel == null || !channel.isOpen()) {
            Files.createDirectories(folder);
            channel =
                    FileChannel.open(
                            file(0),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.APPEND);
            endTornLine(channel);
            size = channel.size();
            current = channel;
        }
        return channel;
    }

    /** A server that was killed may have written half a line; the next one is not to suffer. */
    private void endTornLine(FileChannel channel) throws IOException {
        if (channel.size() == 0) {
            return;
        }
        try (FileChannel reading = FileChannel.open(file(0), StandardOpenOption.READ)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            if (reading.read(last, reading.size() - 1) == 1 && last.get(0) != '\n') {
                channel.write(ByteBuffer.wrap(new byte[] {'\n'}));
            }
        }
    }

    private void rotate() throws IOException {
        closeFile();
        for (int i = files - 1; i > 0; i--) {
            if (Files.exists(file(i - 1))) {
                Files.move(file(i - 1), file(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private void closeFile() {
        FileChannel channel = current;
        current = null;
        size = 0;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                log.warn("A log file of {} could not be closed", pipeline, e);
            }
        }
    }

    private Path file(int age) {
        return folder.resolve(age + ".log");
    }

    /** What the files held at one moment; read once. */
    record Past(ResourceKey pipeline, List<FileChannel> files, List<Long> sizes) {

        List<Line> last(int lines) throws IOException {
            Deque<Line> newestFirst = new ArrayDeque<>();
            try {
                for (int i = 0; i < files.size() && newestFirst.size() < lines; i++) {
                    List<Line> read = read(files.get(i), sizes.get(i));
                    for (int j = read.size() - 1; j >= 0 && newestFirst.size() < lines; j--) {
                        newestFirst.addLast(read.get(j));
                    }
                }
            } finally {
                for (FileChannel file : files) {
                    file.close();
                }
            }
            return List.copyOf(newestFirst.reversed());
        }

        private List<Line> read(FileChannel file, long length) throws IOException {
            List<Line> lines = new ArrayList<>();
            InputStream bytes = Channels.newInputStream(file.position(0));
            byte[] content = bytes.readNBytes((int) Math.min(length, Integer.MAX_VALUE - 8));
            var reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    new java.io.ByteArrayInputStream(content),
                                    StandardCharsets.UTF_8));
            String line;
            while ((line = reader.readLine()) != null) {
                LogLineFormat.read(pipeline, line).ifPresent(lines::add);
            }
            return lines;
        }
    }
}

package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.spi.ModelConverter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes a fake model of a file named {@code model.h5}. */
final class FakeConverter implements ModelConverter {

    private final AtomicInteger conversions = new AtomicInteger();
    private volatile CountDownLatch gate = new CountDownLatch(0);

    int conversions() {
        return conversions.get();
    }

    void hold() {
        gate = new CountDownLatch(1);
    }

    void release() {
        gate.countDown();
    }

    @Override
    public String version() {
        return "keras 3/tf:1";
    }

    @Override
    public Optional<String> accepts(Path unpacked) {
        return Files.exists(unpacked.resolve("model.h5")) ? Optional.of("fake") : Optional.empty();
    }

    @Override
    public void convert(Path unpacked, Path target) {
        conversions.incrementAndGet();
        try {
            gate.await();
            String content = Files.readString(unpacked.resolve("model.h5"));
            if (content.equals("broken")) {
                throw MillraceException.invalid("this file is not a Keras model");
            }
            Files.writeString(target.resolve("model.fake"), content);
        } catch (IOException e) {
            throw MillraceException.internal("cannot convert", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

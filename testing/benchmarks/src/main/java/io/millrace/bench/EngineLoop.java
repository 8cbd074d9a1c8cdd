package io.millrace.bench;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.model.onnx.OnnxEngine;
import io.millrace.spi.LoadedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The engine called directly in a loop, nothing around it: what a server cannot surpass. {@code
 * EngineLoop MODEL PICTURES BATCH}; to a line {@code THREADS SECONDS} it answers {@code ITEMS
 * SECONDS CPU_SECONDS}.
 */
public final class EngineLoop {

    private EngineLoop() {}

    /** Answers until the input ends. */
    public static void main(String[] arguments) throws Exception {
        int batch = Integer.parseInt(arguments[2]);
        Tensor pictures = pictures(Path.of(arguments[1]), batch);
        try (LoadedModel model = new OnnxEngine().load(Path.of(arguments[0]));
                var in =
                        new BufferedReader(
                                new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            System.out.println("ready");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ", -1);
                System.out.println(
                        answer(
                                model,
                                pictures,
                                batch,
                                Integer.parseInt(words[0]),
                                Double.parseDouble(words[1])));
            }
        }
    }

    private static Tensor pictures(Path file, int batch) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        float[] values = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return Tensor.ofFloats(Shape.of(batch, 28, 28, 1), values);
    }

    private static String answer(
            LoadedModel model, Tensor pictures, int batch, int threads, double seconds)
            throws Exception {
        Signature signature = model.signatures().getFirst();
        long cpu = ProcessorTime.ofThisProcess().toNanos();
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        var loops = new ArrayList<Callable<Long>>();
        for (int i = 0; i < threads; i++) {
            loops.add(() -> {
                long calls = 0;
                List<Tensor> inputs = List.of(pictures);
                while (System.nanoTime() < end) {
                    if (model.run(signature, inputs).getFirst().shape().extent(0) != batch) {
                        throw MillraceException.internal("not all pictures were answered", null);
                    }
                    calls++;
                }
                return calls;
            });
        }
        long calls = 0;
        try (var executor = Executors.newFixedThreadPool(threads)) {
            for (Future<Long> loop : executor.invokeAll(loops)) {
                calls += loop.get();
            }
        }
        double wall = (System.nanoTime() - begin) / 1e9;
        double used = (ProcessorTime.ofThisProcess().toNanos() - cpu) / 1e9;
        return calls * batch + " " + wall + " " + used;
    }
}

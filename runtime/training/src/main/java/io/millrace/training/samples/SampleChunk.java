package io.millrace.training.samples;

import java.nio.file.Path;

/**
 * A piece of a live stream, as {@code x.npy} and {@code y.npy}.
 *
 * @param folder where they are, until the next piece is asked for
 * @param samples how many
 * @param position behind its last record: whoever goes on from there misses nothing
 */
public record SampleChunk(Path folder, long samples, String position) {}

package io.millrace.training.run;

import java.nio.file.Path;

/**
 * A piece of a live stream. Its folder holds {@code x.npy} and {@code y.npy} and is kept until the
 * next piece is asked for.
 *
 * @param folder where it is
 * @param samples how many
 * @param position behind its last record: whoever goes on from there misses nothing
 */
public record LivePiece(Path folder, long samples, String position) {}

package io.millrace.api;

import java.time.Duration;
import java.util.Optional;

/**
 * Training that goes on as long as samples come.
 *
 * @param idle the run ends when no sample came for so long; empty: it goes on until it is stopped
 * @param metric whose improvement makes a new version of the model, such as {@code val_loss}; empty
 *     when only the end makes one
 * @param isUpward whether more of it is better
 * @param improvement by how much it must be better than at the last version
 */
public record OnlineSpec(
        Optional<Duration> idle, Optional<String> metric, boolean isUpward, double improvement) {}

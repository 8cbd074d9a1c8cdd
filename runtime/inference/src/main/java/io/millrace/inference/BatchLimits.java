package io.millrace.inference;

/**
 * Limits of one version's batches.
 *
 * @param maxItems the most rows of one engine call
 * @param maxQueuedItems the most rows waiting
 * @param workers the most engine calls at once
 */
record BatchLimits(int maxItems, int maxQueuedItems, int workers) {}

package io.millrace.app;

import io.millrace.api.DataSize;
import io.millrace.embedded.s3.BucketArtifacts;
import io.millrace.spi.ArtifactAddress;
import io.millrace.spi.ArtifactSource;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What {@code s3:} addresses mean that name no store: a bucket of the project in the embedded store
 * if it has one of that name, else one outside, which the list of origins must allow.
 *
 * @param inside comes up beside the models, so it is asked for with the first use
 */
record S3Addresses(Supplier<BucketArtifacts> inside, ArtifactSource outside)
        implements ArtifactSource {

    @Override
    public Set<String> schemes() {
        return outside.schemes();
    }

    @Override
    public void check(URI address) {
        outside.check(address);
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        outside.fetch(address, folder, limit);
    }

    @Override
    public void check(ArtifactAddress address) {
        source(address).check(address);
    }

    @Override
    public void fetch(ArtifactAddress address, Path folder, DataSize limit) {
        source(address).fetch(address, folder, limit);
    }

    private ArtifactSource source(ArtifactAddress address) {
        if (address.store().isPresent()) {
            return outside;
        }
        BucketArtifacts own = inside.get();
        return own.has(address) ? own : outside;
    }
}

package io.millrace.spi;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec;
import java.util.Optional;

/**
 * What stands behind the records of a bucket field, and what a pipeline may fetch for them. An
 * event says which object, and never where: that stands here.
 *
 * @param store where the objects are; empty for the embedded store of the pipeline's project
 * @param bucket the only one that is read
 * @param prefix with which keys that are read begin; empty for any
 * @param content what the steps get
 * @param limit larger objects are not fetched
 */
public record ObjectInput(
        Optional<BucketConnection> store,
        String bucket,
        String prefix,
        DataSourceSpec.Content content,
        DataSize limit) {}

package io.millrace.testkit;

import io.millrace.api.ProjectId;
import io.millrace.conformance.ObjectStoreConformance;
import io.millrace.spi.ObjectStore;
import java.util.Optional;

final class FakeObjectStoreConformanceTest extends ObjectStoreConformance {

    @Override
    protected ObjectStore openStore() {
        return new FakeObjectStores().open(new ProjectId("shop"), Optional.empty());
    }
}

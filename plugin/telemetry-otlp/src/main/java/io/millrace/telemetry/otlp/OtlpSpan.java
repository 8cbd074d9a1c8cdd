package io.millrace.telemetry.otlp;

import io.millrace.spi.Span;
import io.millrace.spi.TraceContext;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.List;

/** A span as the exporter reads it. */
record OtlpSpan(Span span, Attributes attributes, Resource resource) implements SpanData {

    private static final InstrumentationScopeInfo SCOPE =
            InstrumentationScopeInfo.create("io.millrace");

    static OtlpSpan of(Span span, Resource resource) {
        AttributesBuilder attributes = Attributes.builder();
        span.attributes().forEach(attributes::put);
        return new OtlpSpan(span, attributes.build(), resource);
    }

    @Override
    public String getName() {
        return span.name();
    }

    @Override
    public SpanKind getKind() {
        return switch (span.kind()) {
            case INTERNAL -> SpanKind.INTERNAL;
            case SERVER -> SpanKind.SERVER;
            case CONSUMER -> SpanKind.CONSUMER;
            case PRODUCER -> SpanKind.PRODUCER;
        };
    }

    @Override
    public SpanContext getSpanContext() {
        return context(span.context());
    }

    @Override
    public SpanContext getParentSpanContext() {
        return span.parentSpanId() == 0
                ? SpanContext.getInvalid()
                : context(span.context().at(span.parentSpanId()));
    }

    private static SpanContext context(TraceContext context) {
        return SpanContext.create(
                context.traceId(),
                context.spanText(),
                TraceFlags.getSampled(),
                TraceState.getDefault());
    }

    @Override
    public StatusData getStatus() {
        return span.error().isEmpty()
                ? StatusData.unset()
                : StatusData.create(StatusCode.ERROR, span.error());
    }

    @Override
    public long getStartEpochNanos() {
        return span.startNanos();
    }

    @Override
    public Attributes getAttributes() {
        return attributes;
    }

    @Override
    public List<EventData> getEvents() {
        return List.of();
    }

    @Override
    public List<LinkData> getLinks() {
        return List.of();
    }

    @Override
    public long getEndEpochNanos() {
        return span.endNanos();
    }

    @Override
    public boolean hasEnded() {
        return true;
    }

    @Override
    public int getTotalRecordedEvents() {
        return 0;
    }

    @Override
    public int getTotalRecordedLinks() {
        return 0;
    }

    @Override
    public int getTotalAttributeCount() {
        return attributes.size();
    }

    @Override
    @Deprecated
    public io.opentelemetry.sdk.common.InstrumentationLibraryInfo getInstrumentationLibraryInfo() {
        return io.opentelemetry.sdk.common.InstrumentationLibraryInfo.create("io.millrace", null);
    }

    @Override
    public InstrumentationScopeInfo getInstrumentationScopeInfo() {
        return SCOPE;
    }

    @Override
    public Resource getResource() {
        return resource;
    }
}

package io.millrace.control;

import io.millrace.spi.EventLog;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.GraphHost;
import io.millrace.spi.ModelHost;
import io.millrace.spi.ModelMonitor;
import io.millrace.spi.PipelineHost;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.StepLogs;
import io.millrace.spi.StreamLog;
import io.millrace.spi.TransformerHost;
import java.util.List;

/**
 * All that control acts on. It closes none of it.
 *
 * @param log where topics are created
 * @param sources one for each way in which data comes in
 * @param functions where environments are built
 * @param models where models are served
 * @param graphs where inference graphs are called
 * @param pipelines where pipelines run
 * @param stepLogs what functions printed; removed with the pipeline
 * @param events what happened; removed with the resource to which it did
 * @param monitor where models are watched
 * @param training where models are trained
 * @param transformers where the transformers of models run
 */
public record ControlPorts(
        StreamLog log,
        List<SourceConnector> sources,
        FunctionRuntime functions,
        ModelHost models,
        GraphHost graphs,
        PipelineHost pipelines,
        StepLogs stepLogs,
        EventLog events,
        ModelMonitor monitor,
        TrainingPorts training,
        TransformerHost transformers) {
    public ControlPorts {
        sources = List.copyOf(sources);
    }

    /** Ports to an install whose models have no transformers. */
    public ControlPorts(
            StreamLog log,
            List<SourceConnector> sources,
            FunctionRuntime functions,
            ModelHost models,
            GraphHost graphs,
            PipelineHost pipelines,
            StepLogs stepLogs,
            EventLog events,
            ModelMonitor monitor,
            TrainingPorts training) {
        this(
                log,
                sources,
                functions,
                models,
                graphs,
                pipelines,
                stepLogs,
                events,
                monitor,
                training,
                TransformerHost.none());
    }

    /** Ports to an install that trains no models. */
    public ControlPorts(
            StreamLog log,
            List<SourceConnector> sources,
            FunctionRuntime functions,
            ModelHost models,
            GraphHost graphs,
            PipelineHost pipelines,
            StepLogs stepLogs,
            EventLog events,
            ModelMonitor monitor) {
        this(
                log,
                sources,
                functions,
                models,
                graphs,
                pipelines,
                stepLogs,
                events,
                monitor,
                TrainingPorts.none());
    }

    /** Ports to an install that neither watches nor trains models. */
    public ControlPorts(
            StreamLog log,
            List<SourceConnector> sources,
            FunctionRuntime functions,
            ModelHost models,
            GraphHost graphs,
            PipelineHost pipelines,
            StepLogs stepLogs,
            EventLog events) {
        this(
                log,
                sources,
                functions,
                models,
                graphs,
                pipelines,
                stepLogs,
                events,
                ModelMonitor.none());
    }
}

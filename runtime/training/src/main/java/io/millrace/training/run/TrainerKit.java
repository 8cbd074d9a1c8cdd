package io.millrace.training.run;

import io.millrace.process.PythonKit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The trainer's own Python files. */
final class TrainerKit {

    static final String PACKAGE = "millrace_trainer";
    static final List<String> FILES =
            List.of(
                    "__init__.py",
                    "__main__.py",
                    "arguments.py",
                    "channel.py",
                    "checkpoint.py",
                    "confine.py",
                    "confusion.py",
                    "job.py",
                    "keras_compat.py",
                    "keras_data.py",
                    "keras_export.py",
                    "keras_model.py",
                    "keras_progress.py",
                    "keras_trainer.py",
                    "online.py",
                    "rounds.py",
                    "samples.py",
                    "torch_export.py",
                    "torch_model.py",
                    "torch_trainer.py",
                    "usercode.py");

    private TrainerKit() {}

    /** Unpacks below a folder what is not there yet. */
    static PythonKit unpack(Path root) throws IOException {
        return PythonKit.unpack(
                root,
                PACKAGE,
                FILES,
                file -> TrainerKit.class.getResourceAsStream("trainer/" + PACKAGE + "/" + file));
    }
}

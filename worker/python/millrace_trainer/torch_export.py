"""Writes a trained module: its state, and ONNX for serving."""

import os


def export(torch, module, example, folder, channel):
    """Emits an event for each file that is there; one that cannot be written is a notice."""
    os.makedirs(folder, exist_ok=True)
    module.eval()

    def onnx(path):
        torch.onnx.export(
            module,
            (example,),
            path,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
            dynamo=False,
        )

    for name, file, write in (
        ("pth", "model.pth", lambda path: torch.save(module.state_dict(), path)),
        ("onnx", "model.onnx", onnx),
    ):
        path = os.path.join(folder, file)
        try:
            write(path)
        except Exception as error:  # whatever it is, the other format is there
            if os.path.exists(path):
                os.remove(path)
            text = " ".join(str(error).split())[:400]
            channel.notice("the model cannot be written as %s: %s" % (name, text))
        else:
            channel.emit("exported", format=name, file=path, bytes=os.path.getsize(path))

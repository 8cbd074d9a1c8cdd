package io.millrace.model.tensorflow;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.MetaGraphDef;

/** The files that come with a model, such as vocabularies. */
final class Assets {

    /** Where TensorFlow 1 lists them. */
    private static final String COLLECTION = "saved_model_assets";

    private Assets() {}

    /**
     * Those that TensorFlow will open: it looks into the collection when the graph lists none.
     *
     * @throws MillraceException {@code INVALID} when one leads out of the model
     */
    static List<AssetFileDef> of(MetaGraphDef graph) {
        List<AssetFileDef> assets =
                graph.getAssetFileDefCount() > 0 ? graph.getAssetFileDefList() : collected(graph);
        for (AssetFileDef asset : assets) {
            requireInside(asset.getFilename());
        }
        return assets;
    }

    private static List<AssetFileDef> collected(MetaGraphDef graph) {
        var assets = new ArrayList<AssetFileDef>();
        CollectionDef collection = graph.getCollectionDefMap().get(COLLECTION);
        if (collection != null) {
            for (Any any : collection.getAnyList().getValueList()) {
                try {
                    assets.add(any.unpack(AssetFileDef.class));
                } catch (InvalidProtocolBufferException e) {
                    throw new MillraceException(
                            ErrorCode.INVALID, "the list of the model's assets is damaged", e);
                }
            }
        }
        return assets;
    }

    /** TensorFlow puts the name behind the model's folder and opens what comes of it. */
    private static void requireInside(String name) {
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw MillraceException.invalid(
                        "the asset '" + name + "' leads out of the model; it is not served");
            }
        }
    }
}

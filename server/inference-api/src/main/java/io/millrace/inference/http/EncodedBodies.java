package io.millrace.inference.http;

import io.helidon.http.encoding.ContentDecoder;
import io.helidon.http.encoding.ContentEncoder;
import io.helidon.http.encoding.ContentEncoding;
import io.helidon.http.encoding.ContentEncodingContext;
import java.util.Set;

/**
 * Lets compressed bodies through to the routes, as they came. By itself Helidon answers them with
 * an empty 400 before any route sees them; with its own decoder, limits and errors would be out of
 * the routes' hands, and every answer would be compressed that may be.
 */
public final class EncodedBodies {

    private EncodedBodies() {}

    /** What the web server that carries the inference routes needs as its content encoding. */
    public static ContentEncodingContext leftToRoutes() {
        return ContentEncodingContext.builder()
                .contentEncodingsDiscoverServices(false)
                .addContentEncoding(new Untouched())
                .build();
    }

    private static final class Untouched implements ContentEncoding {
        @Override
        public Set<String> ids() {
            return Set.of("gzip", "x-gzip", "deflate", "compress", "br", "zstd");
        }

        @Override
        public boolean supportsEncoding() {
            return false;
        }

        @Override
        public boolean supportsDecoding() {
            return true;
        }

        @Override
        public ContentDecoder decoder() {
            return ContentDecoder.NO_OP;
        }

        @Override
        public ContentEncoder encoder() {
            return ContentEncoder.NO_OP;
        }

        @Override
        public String name() {
            return "left to routes";
        }

        @Override
        public String type() {
            return "routes";
        }
    }
}

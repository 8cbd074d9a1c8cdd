package io.millrace.inference.http;

import io.helidon.http.Headers;
import io.helidon.http.encoding.ContentDecoder;
import io.helidon.http.encoding.ContentEncoder;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.encoding.ContentEncodingContextConfig;

/**
 * Lets bodies through to the routes as they came, however they are encoded. By itself Helidon
 * answers an encoding that it does not know with an empty 400 before any route sees it; with its
 * own decoder, limits and errors would be out of the routes' hands, and every answer would be
 * compressed that may be.
 */
public final class EncodedBodies {

    private EncodedBodies() {}

    /** What the web server that carries the inference routes needs as its content encoding. */
    public static ContentEncodingContext leftToRoutes() {
        return new Untouched();
    }

    /** Any encoding at all: names come in any case, several at once, or not at all. */
    private static final class Untouched implements ContentEncodingContext {

        private final ContentEncodingContextConfig config =
                ContentEncodingContextConfig.builder()
                        .contentEncodingsDiscoverServices(false)
                        .buildPrototype();

        @Override
        public boolean contentEncodingEnabled() {
            return false;
        }

        @Override
        public boolean contentDecodingEnabled() {
            return true;
        }

        @Override
        public boolean contentEncodingSupported(String encoding) {
            return false;
        }

        @Override
        public boolean contentDecodingSupported(String encoding) {
            return true;
        }

        @Override
        public ContentEncoder encoder(String encoding) {
            return ContentEncoder.NO_OP;
        }

        @Override
        public ContentEncoder encoder(Headers headers) {
            return ContentEncoder.NO_OP;
        }

        @Override
        public ContentDecoder decoder(String encoding) {
            return ContentDecoder.NO_OP;
        }

        @Override
        public ContentEncodingContextConfig prototype() {
            return config;
        }
    }
}

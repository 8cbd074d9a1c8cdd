package io.millrace.client;

import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** A request body that tells how much of it has been handed on. */
final class CountingBody implements BodyPublisher {

    private final BodyPublisher body;
    private final UploadProgress progress;

    CountingBody(BodyPublisher body, UploadProgress progress) {
        this.body = body;
        this.progress = progress;
    }

    @Override
    public long contentLength() {
        return body.contentLength();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        body.subscribe(
                new Flow.Subscriber<ByteBuffer>() {
                    private long sent;

                    @Override
                    public void onSubscribe(Flow.Subscription subscription) {
                        subscriber.onSubscribe(subscription);
                    }

                    @Override
                    public void onNext(ByteBuffer item) {
                        sent += item.remaining();
                        subscriber.onNext(item);
                        progress.onProgress(sent, contentLength());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        subscriber.onError(failure);
                    }

                    @Override
                    public void onComplete() {
                        subscriber.onComplete();
                    }
                });
    }
}

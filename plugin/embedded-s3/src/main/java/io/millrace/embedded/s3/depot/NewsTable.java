package io.millrace.embedded.s3.depot;

import io.millrace.api.ProjectId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The intents: what is to be told, written in the transaction of the change itself, and removed
 * when it was told.
 */
final class NewsTable {

    private final Database database;
    private final AtomicLong waiting = new AtomicLong();
    private volatile Consumer<ProjectId> arrival = _ -> {};

    NewsTable(Database database) {
        this.database = database;
    }

    /** Takes up what an earlier run left: all of it is told again. */
    void open() {
        database.write(c -> ObjectIndex.update(c, "update news set aside = 0 where aside = 1"));
        waiting.set(
                Long.parseLong(
                        database.read(c -> ObjectIndex.texts(c, "select count(*) from news"))
                                .getFirst()));
    }

    /** Has somebody hear of the project to which news came. */
    void onArrival(Consumer<ProjectId> listener) {
        arrival = listener;
    }

    /** How many are not told yet. */
    long waiting() {
        return waiting.get();
    }

    /** Adds news to the transaction of the change. */
    void add(Connection c, ProjectId project, StoredObject object, String event, Instant time)
            throws SQLException {
        boolean isThere = !event.equals(News.DELETED);
        try (PreparedStatement s =
                c.prepareStatement(
                        "insert into news (project, bucket, key, event, size, etag, metadata, time) values (?, ?, ?, ?, ?, ?, ?, ?)")) {
            s.setString(1, project.value());
            s.setString(2, object.bucket());
            s.setString(3, object.key());
            s.setString(4, event);
            if (isThere) {
                s.setLong(5, object.size());
            } else {
                s.setNull(5, Types.INTEGER);
            }
            s.setString(6, object.etag());
            s.setString(7, Pairs.write(object.userMetadata()));
            s.setLong(8, time.toEpochMilli());
            s.executeUpdate();
        }
    }

    /** The transaction with news for a project is committed. */
    void committed(ProjectId project) {
        waiting.incrementAndGet();
        arrival.accept(project);
    }

    /** The oldest news of a project that is not set aside. */
    List<News> next(ProjectId project, int most) {
        return database.read(c -> {
            try (PreparedStatement s =
                    c.prepareStatement(
                            "select sequence, bucket, key, event, size, etag, metadata, time from news where project = ? and aside = 0 order by sequence limit ?")) {
                s.setString(1, project.value());
                s.setInt(2, most);
                var news = new ArrayList<News>();
                try (ResultSet found = s.executeQuery()) {
                    while (found.next()) {
                        news.add(news(project, found));
                    }
                }
                return news;
            }
        });
    }

    private static News news(ProjectId project, ResultSet found) throws SQLException {
        Map<String, String> metadata = Pairs.read(found.getString(7));
        long size = found.getLong(5);
        boolean hasSize = !found.wasNull();
        return new News(
                found.getLong(1),
                project,
                found.getString(2),
                found.getString(3),
                found.getString(4),
                hasSize ? OptionalLong.of(size) : OptionalLong.empty(),
                Optional.ofNullable(found.getString(6)),
                metadata,
                ObjectIndex.instant(found, 8));
    }

    /** Projects for which something is waiting. */
    List<ProjectId> projects() {
        return database
                .read(c ->
                        ObjectIndex.texts(c, "select distinct project from news where aside = 0"))
                .stream()
                .map(ProjectId::new)
                .toList();
    }

    /** They were told. */
    void forget(List<News> told) {
        if (told.isEmpty()) {
            return;
        }
        int gone =
                database.write(c -> {
                    int deleted = 0;
                    for (News news : told) {
                        deleted +=
                                ObjectIndex.update(
                                        c, "delete from news where sequence = ?", news.sequence());
                    }
                    return deleted;
                });
        waiting.addAndGet(-gone);
    }

    /** Leaves it for the next start, so that what comes behind it is told. */
    void setAside(News news) {
        database.write(c ->
                ObjectIndex.update(
                        c, "update news set aside = 1 where sequence = ?", news.sequence()));
    }

    /** Forgets a project that is gone. */
    void forgetAll(Connection c, ProjectId project) throws SQLException {
        int gone = ObjectIndex.update(c, "delete from news where project = ?", project.value());
        waiting.addAndGet(-gone);
    }
}

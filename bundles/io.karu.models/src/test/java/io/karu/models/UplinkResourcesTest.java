package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.ModelStatus.State;
import io.karu.api.model.Models;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UplinkResourcesTest {
    private static final Digest ONE = new Digest("sha256:" + "1".repeat(64));
    private static final Digest TWO = new Digest("sha256:" + "2".repeat(64));

    private ModelException refusal;
    private final Models models =
            new Models() {
                @Override
                public ModelLease lease(ModelRef ref) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public List<ModelStatus> status() {
                    return List.of(
                            new ModelStatus(
                                    "m",
                                    "1",
                                    ONE,
                                    List.of(),
                                    State.REJECTED,
                                    3,
                                    Optional.of("rolled back")),
                            new ModelStatus(
                                    "m",
                                    "2",
                                    TWO,
                                    List.of("champion"),
                                    State.ACTIVE,
                                    3,
                                    Optional.empty()));
                }

                @Override
                public String installation() {
                    return "here";
                }

                @Override
                public void activate(String name, String alias, Digest digest)
                        throws ModelException {
                    refuse();
                    assertEquals("m champion " + TWO, name + " " + alias + " " + digest);
                }

                @Override
                public Digest rollback(String name, String alias) throws ModelException {
                    refuse();
                    return TWO;
                }

                private void refuse() throws ModelException {
                    if (refusal != null) {
                        throw refusal;
                    }
                }
            };

    @Test
    void modelsAreListedAsTheContractSays() throws Exception {
        assertEquals(
                "{\"contract\":1,\"installation\":\"here\",\"models\":[{\"name\":\"m\",\"version\":\"1\",\"digest\":\""
                        + ONE
                        + "\",\"aliases\":[],\"state\":\"REJECTED\",\"generation\":3,\"reason\":\"rolled back\"},"
                        + "{\"name\":\"m\",\"version\":\"2\",\"digest\":\""
                        + TWO
                        + "\",\"aliases\":[\"champion\"],\"state\":\"ACTIVE\",\"generation\":3}]}",
                new ModelsResource(models).handle("{}"));
    }

    @Test
    void aChangeIsAnsweredWithWhatDecidesNow() throws Exception {
        String expected =
                "{\"contract\":1,\"name\":\"m\",\"alias\":\"champion\",\"digest\":\""
                        + TWO
                        + "\",\"generation\":3}";
        assertEquals(
                expected,
                new ActivateResource(models)
                        .handle(
                                "{\"contract\":1,\"name\":\"m\",\"alias\":\"champion\",\"digest\":\""
                                        + TWO
                                        + "\"}"));
        assertEquals(
                expected,
                new RollbackResource(models).handle("{\"name\":\"m\",\"alias\":\"champion\"}"));
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_FOUND, 404",
        "GOLDEN_MISMATCH, 400",
        "REJECTED_BEFORE, 400",
        "NO_PREVIOUS, 400",
        "NO_ENGINE, 500",
        "STORE_FAILED, 500",
        "BUSY, 500"
    })
    void aRefusalKeepsItsCode(ModelException.Code code, int status) {
        refusal = new ModelException(code, "because");
        UplinkException refused =
                assertThrows(
                        UplinkException.class,
                        () -> new RollbackResource(models).handle("{\"name\":\"m\"}"));
        assertEquals(status, refused.status());
        assertEquals(code.name(), refused.code());
        assertEquals("because", refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''",
                "[]",
                "{}",
                "{\"name\":\"../m\"}",
                "{\"name\":{}}",
                "{\"name\":\"m\",\"digest\":\"sha256:12\"}",
                "{\"name\":\"m\"}",
                "{\"contract\":2,\"name\":\"m\"}",
                "{\"name\""
            })
    void aBodyThatIsNotOneIsRefused(String body) {
        UplinkResource activate = new ActivateResource(models);
        UplinkException refused = assertThrows(UplinkException.class, () -> activate.handle(body));
        assertEquals(400, refused.status());
        assertEquals("BAD_REQUEST", refused.code());
    }
}

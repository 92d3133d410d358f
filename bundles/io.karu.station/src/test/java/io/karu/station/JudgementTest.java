package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Finding;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JudgementTest {
    @Test
    void oneDefectRejects() {
        Judgement judgement = Judgement.of(findings(0.93), 0.2, 0.5, 1, 0);
        assertEquals(new Judgement(Decision.REJECT, "1 defect at or above 0.50", 0.93), judgement);
    }

    @Test
    void nothingAtTheThresholdAccepts() {
        Judgement judgement = Judgement.of(List.of(), 0.2, 0.5, 1, 0.1);
        assertEquals(new Judgement(Decision.ACCEPT, "no defect at or above 0.50", 0.2), judgement);
    }

    @Test
    void fewerDefectsThanNeededAccept() {
        assertEquals(Decision.ACCEPT, Judgement.of(findings(0.9, 0.8), 0.1, 0.5, 3, 0).decision());
        assertEquals(
                Decision.REJECT, Judgement.of(findings(0.9, 0.8, 0.7), 0.1, 0.5, 3, 0).decision());
    }

    @Test
    void aScoreWithinTheMarginIsForAPersonOnEitherSide() {
        assertEquals(Decision.REVIEW, Judgement.of(findings(0.55), 0.1, 0.5, 1, 0.1).decision());
        assertEquals(Decision.REVIEW, Judgement.of(List.of(), 0.45, 0.5, 1, 0.1).decision());
        assertEquals(Decision.REJECT, Judgement.of(findings(0.6), 0.1, 0.5, 1, 0.1).decision());
        assertEquals(Decision.ACCEPT, Judgement.of(List.of(), 0.39, 0.5, 1, 0.1).decision());
    }

    @Test
    void theFindingThatCompletesTheNumberDecides() {
        assertEquals(
                Decision.REVIEW, Judgement.of(findings(0.9, 0.52), 0.1, 0.5, 2, 0.05).decision());
        assertEquals(Decision.REVIEW, Judgement.of(findings(0.9), 0.48, 0.5, 2, 0.05).decision());
        assertEquals(Decision.ACCEPT, Judgement.of(findings(0.9), 0.48, 0.5, 3, 0.05).decision());
    }

    private static List<Finding> findings(double... scores) {
        return Arrays.stream(scores)
                .mapToObj(score -> new Finding("defect", 0, 0, 1, 1, score))
                .toList();
    }
}

package io.karu.learning.data;

import java.io.IOException;
import java.util.List;

/** A data set has files that are wrong; the message names the first of them. */
public class DataException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int TOLD = 5;

    private final transient List<Problem> problems;

    public DataException(List<Problem> problems) {
        super(message(problems));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong. */
    public List<Problem> problems() {
        return problems;
    }

    private static String message(List<Problem> problems) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : problems.subList(0, Math.min(TOLD, problems.size()))) {
            text.append(text.length() == 0 ? "" : "; ").append(problem);
        }
        if (problems.size() > TOLD) {
            text.append("; and ").append(problems.size() - TOLD).append(" more");
        }
        return text.toString();
    }
}

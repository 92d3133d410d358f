package io.karu.page;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import java.util.List;
import java.util.Optional;

/**
 * Shows the page with made-up boards, for whoever works on it; arguments: seconds between boards,
 * boards.
 */
final class PageDemo {
    private PageDemo() {}

    public static void main(String[] arguments) throws Exception {
        FakeGateway gateway = new FakeGateway();
        gateway.station("line-1", StationStatus.State.INSPECTING, Optional.empty());
        gateway.station(
                "line-2",
                StationStatus.State.WAITING,
                Optional.of("waits for the model golden-template@champion: none is installed"));
        double pause = Double.parseDouble(arguments[0]);
        int boards = Integer.parseInt(arguments[1]);
        try (Page page = new Page(gateway, gateway, Page.Limits.DEFAULT);
                PageServer server = new PageServer(page)) {
            System.out.println(server.address() + "/ as admin, " + FakeGateway.PASSWORD);
            for (int i = 0; i < boards; i++) {
                Decision decision = Decision.values()[List.of(0, 1, 0, 0, 2, 0, 1).get(i % 7)];
                Boards.Board board =
                        Boards.board(
                                i,
                                decision == Decision.REJECT
                                        ? 3
                                        : decision == Decision.REVIEW ? 1 : 0);
                FrameId frame =
                        new FrameId(
                                new StationId("line-1"),
                                String.format("%08d_test.jpg", 41_000 + i));
                Verdict verdict =
                        FakeGateway.verdict(
                                frame,
                                decision,
                                board.image(),
                                Optional.of(board.heatMap()),
                                board.findings());
                gateway.append(verdict, Publication.PUBLISH);
                page.onVerdict(
                        verdict, FakeGateway.view(board.image(), Optional.of(board.heatMap())));
                Thread.sleep((long) (1000 * pause));
            }
            Thread.sleep(600_000);
        }
    }
}

import type { Verdict } from '../api/client';
import { Layers } from '../elements/Layers';
import { useWords } from '../i18n';

interface Props {
  verdict: Verdict;
  /** 0 hides the heat map, 1 hides the image below it. */
  heatOpacity: number;
  boxes: boolean;
}

/** A verdict's image with its findings and the heat map, framed in the colour of the decision. */
export function FrameView({ verdict, heatOpacity, boxes }: Props) {
  const { t } = useWords();
  const decision = (verdict.overrule ?? verdict).decision;
  return (
    <Layers
      className={`karu-${decision.toLowerCase()}`}
      image={verdict.image!}
      alt={t('verdicts.image', { frame: verdict.frame })}
      heatMap={verdict.heatMapHere ? verdict.heatMap : undefined}
      heatAlt={t('verdicts.heatMapOf', { frame: verdict.frame })}
      heatOpacity={heatOpacity}
      boxes={boxes ? verdict.findings : []}
    />
  );
}

import { useEffect, useRef, useState } from 'react';
import { blobUrl, type Verdict } from '../api/client';
import { useWords } from '../i18n';
import { paintHeat } from './heat';

interface Props {
  verdict: Verdict;
  /** 0 hides the heat map, 1 hides the image below it. */
  heatOpacity: number;
  boxes: boolean;
}

/** The image with its findings: boxes that keep their line width, and the heat map. */
export function FrameView({ verdict, heatOpacity, boxes }: Props) {
  const { t } = useWords();
  const [size, setSize] = useState<{ width: number; height: number }>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const heatMap = verdict.heatMapHere ? verdict.heatMap : undefined;

  useEffect(() => {
    if (!heatMap) return;
    const image = new Image();
    image.onload = () => canvas.current && paintHeat(image, canvas.current);
    image.src = blobUrl(heatMap);
    return () => {
      image.onload = null;
    };
  }, [heatMap]);

  const decision = (verdict.overrule ?? verdict).decision;
  return (
    <figure className={`karu-frame karu-${decision.toLowerCase()}`}>
      <img
        key={verdict.image}
        src={blobUrl(verdict.image!)}
        alt={t('verdicts.image', { frame: verdict.frame })}
        onLoad={(event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
      />
      {heatMap && <canvas ref={canvas} style={{ opacity: heatOpacity }} role="img" aria-label={t('verdicts.heatMapOf', { frame: verdict.frame })} />}
      {boxes && size && (
        <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          {verdict.findings.map((finding, index) => (
            <g key={index}>
              <rect className="karu-box-halo" x={finding.x} y={finding.y} width={finding.width} height={finding.height} />
              <rect className="karu-box" x={finding.x} y={finding.y} width={finding.width} height={finding.height} />
            </g>
          ))}
        </svg>
      )}
    </figure>
  );
}

import { Button, Label, Modal, ModalBody, ModalHeader, Switch } from '@patternfly/react-core';
import { useState } from 'react';
import type { Schemas } from '../api/client';
import { Layers } from '../elements/Layers';
import { useWords } from '../i18n';
import { useFigures } from './Metrics';

type Sample = Schemas['ReportSample'];

/** Sample pictures with heat maps and boxes, worst first; each opens larger. */
export function Samples({ samples }: { samples: readonly Sample[] }) {
  const { t } = useWords();
  const [opacity, setOpacity] = useState(60);
  const [boxes, setBoxes] = useState(true);
  const [onlyWrong, setOnlyWrong] = useState(false);
  const [open, setOpen] = useState<Sample>();
  const listed = onlyWrong ? samples.filter(({ wrong }) => wrong) : samples;
  return (
    <>
      <div className="karu-controls">
        <label htmlFor="sample-heat">{t('verdicts.heatMap')}</label>
        <input
          id="sample-heat"
          type="range"
          className="karu-slider karu-sample-heat"
          value={opacity}
          min={0}
          max={100}
          onChange={(event) => setOpacity(event.target.valueAsNumber)}
        />
        <output>{opacity} %</output>
        <Switch id="sample-boxes" label={t('verdicts.boxes')} isChecked={boxes} onChange={(_, on) => setBoxes(on)} />
        <Switch id="only-wrong" label={t('report.onlyWrong')} isChecked={onlyWrong} onChange={(_, on) => setOnlyWrong(on)} />
      </div>
      <ul className="karu-samples">
        {listed.map((sample, index) => (
          <li key={index} className={sample.wrong ? 'karu-reject' : 'karu-accept'}>
            <Button variant="plain" className="karu-sample-picture" aria-label={t('report.enlarge', { frame: sample.frame })} onClick={() => setOpen(sample)}>
              <Picture sample={sample} opacity={opacity / 100} boxes={boxes} />
            </Button>
            <Words sample={sample} />
          </li>
        ))}
      </ul>
      {open && (
        <Modal isOpen variant="large" onClose={() => setOpen(undefined)} aria-labelledby="sample-title">
          <ModalHeader title={open.frame} labelId="sample-title" />
          <ModalBody>
            <div className={`karu-sample-large ${open.wrong ? 'karu-reject' : 'karu-accept'}`}>
              <Picture sample={open} opacity={opacity / 100} boxes={boxes} />
              {open.mask && (
                <figure className="karu-frame">
                  <img src={`/api/v1/blobs/${open.mask}`} alt={t('report.mask', { frame: open.frame })} />
                </figure>
              )}
            </div>
            <Words sample={open} />
          </ModalBody>
        </Modal>
      )}
    </>
  );
}

function Picture({ sample, opacity, boxes }: { sample: Sample; opacity: number; boxes: boolean }) {
  const { t } = useWords();
  if (!sample.image) return <div className="karu-no-picture">{t('report.noPicture')}</div>;
  return (
    <Layers
      image={sample.image}
      alt={t('verdicts.image', { frame: sample.frame })}
      heatMap={sample.heatMap}
      heatAlt={t('verdicts.heatMapOf', { frame: sample.frame })}
      heatOpacity={opacity}
      boxes={boxes ? (sample.findings ?? []) : []}
    />
  );
}

function Words({ sample }: { sample: Sample }) {
  const { t } = useWords();
  const { figure } = useFigures();
  return (
    <div className="karu-sample-words">
      <div className="karu-clip" title={sample.frame}>
        {sample.frame}
      </div>
      <div>
        <Label isCompact status={sample.wrong ? 'danger' : 'success'}>
          {sample.truth} → {sample.decided}
        </Label>{' '}
        {sample.score !== undefined && (
          <span className="karu-quiet">
            {figure(sample.score)}
            {sample.threshold !== undefined && ` (${t('report.threshold')} ${figure(sample.threshold)})`}
          </span>
        )}
      </div>
      {sample.note && <div className="karu-quiet">{sample.note}</div>}
    </div>
  );
}

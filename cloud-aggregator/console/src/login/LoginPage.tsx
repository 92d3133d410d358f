import { Alert, Button, Card, CardBody, CardTitle, Form, FormGroup, TextInput } from '@patternfly/react-core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, body } from '../api/client';
import { keys } from '../api/queries';
import { AppearanceButtons, type Appearance } from '../App';
import { Eye } from '../elements/Eye';
import { useWords } from '../i18n';

export function LoginPage({ theme, toggleTheme }: Appearance) {
  const { t } = useWords();
  const client = useQueryClient();
  const [name, setName] = useState('admin');
  const [password, setPassword] = useState('');
  const login = useMutation({
    mutationFn: () => body(api.POST('/api/v1/session', { body: { name, password } })),
    onSuccess: (session) => client.setQueryData(keys.session, session),
  });
  const methods = useQuery({ queryKey: ['login-methods'], queryFn: () => body(api.GET('/login/methods')), retry: false });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <div className="karu-login">
      <div className="karu-login-appearance">
        <AppearanceButtons theme={theme} toggleTheme={toggleTheme} />
      </div>
      <main className="karu-login-main">
        <div className="karu-login-brand">
          <Eye size={72} />
          <div>
            <div className="karu-login-name">Karu</div>
            <div>{t('app.tagline')}</div>
          </div>
        </div>
        <Card isLarge className="karu-login-card">
          <CardTitle component="h1">{t('login.title')}</CardTitle>
          <CardBody>
            <Form onSubmit={submit}>
              {login.error && <Alert isInline variant="danger" title={login.error.message} />}
              <FormGroup label={t('login.name')} fieldId="name" isRequired>
                <TextInput id="name" isRequired autoComplete="username" value={name} onChange={(_, value) => setName(value)} />
              </FormGroup>
              <FormGroup label={t('login.password')} fieldId="password" isRequired>
                <TextInput
                  id="password"
                  type="password"
                  isRequired
                  autoFocus
                  autoComplete="current-password"
                  value={password}
                  onChange={(_, value) => setPassword(value)}
                />
              </FormGroup>
              <Button type="submit" isBlock size="lg" isLoading={login.isPending} isDisabled={login.isPending || !password}>
                {t('login.submit')}
              </Button>
              {methods.data?.oidc && (
                <Button variant="secondary" isBlock size="lg" component="a" href="/login/oidc">
                  {t('login.oidc')}
                </Button>
              )}
              <p className="karu-hint">{t('login.hint')}</p>
            </Form>
          </CardBody>
        </Card>
      </main>
    </div>
  );
}

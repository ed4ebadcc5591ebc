language-label = Idioma
footer-contact = Pedir ajuda
footer-terms = Termos de uso
footer-privacy = Privacidade
back = Voltar ao convite
about-chat = Converse com pessoas daqui e de outros servidores, no aplicativo que você escolher e sem número de telefone.

month = { $month ->
    [1] janeiro
    [2] fevereiro
    [3] março
    [4] abril
    [5] maio
    [6] junho
    [7] julho
    [8] agosto
    [9] setembro
    [10] outubro
    [11] novembro
   *[12] dezembro
}
moment = { $day ->
    [1] 1º
   *[other] { $day }
} de { month } de { $year }, { $hour }:{ $minute } UTC

landing-title = Você recebeu um convite para conversar em { $site }
landing-title-by = { $inviter } convida você para conversar em { $site }
landing-title-contact = Você recebeu um convite para conversar com { $inviter }
landing-title-reset = Uma nova senha para { $site }
landing-preview = Abra este convite para ter uma conta em { $site }.
landing-preview-reset = Abra este link para escolher uma nova senha.
landing-username = Seu endereço será
until-days = O convite vale por mais { $count ->
    [one] um dia
   *[other] { $count } dias
}, até { $moment }.
until-hours = O convite vale por { $count ->
    [0] menos de uma hora
    [one] mais uma hora
   *[other] mais { $count } horas
}, até { $moment }.
uses-left = { $count ->
    [one] Ele serve para mais uma pessoa.
   *[other] Ele serve para mais { $count } pessoas.
}
have-title = Já tenho uma conta
have-text = Adicione { $contact } aos seus contatos no aplicativo que você usa.
have-button = Adicionar o contato
new-title = É a minha primeira vez
web-button = Criar uma conta no navegador
web-text = Sem aplicativo por enquanto: escolha um nome e uma senha, e depois um aplicativo.
web-text-chat = Sem aplicativo: escolha um nome e uma senha, e converse no navegador.
web-away = No momento não é possível criar contas nesta página. Tente de novo em alguns minutos.
uri-button = Já tenho um aplicativo de XMPP
way-open = Abra o convite no aplicativo: ele cria sua conta.
more-title = Outros aplicativos e aparelhos
apps-device = Aplicativos para { $platform }
apps-choose = Escolha um aplicativo
apps-other = Aplicativos para outros aparelhos
apps-web = navegador
list-separator = { ", " }
phone-title = Continuar no celular
phone-text = Escaneie este código com a câmera do outro aparelho.
phone-alt = Código QR deste convite
paper-text = Escaneie este código com a câmera do celular.
code-title = Em outro aparelho
code-text = Digite este código em { $address }:
copy-button = Copiar
copy-done = Copiado

mail-button = Abrir o convite
mail-button-reset = Escolher uma nova senha
mail-until = O link vale até { $moment }.
mail-help = Dúvidas? Pergunte aqui: { $contact }
mail-why = Você recebeu esta mensagem porque alguém informou seu endereço em { $site }. Se ela não é para você, pode ignorá-la.

news-joined = { $address } entrou com o seu convite.
news-joined-more = { $address } e { $count ->
    [one] mais uma pessoa
   *[other] mais { $count } pessoas
} entraram com os seus convites.
news-expiring = O seu convite (criado: { $created }) só vale até { $moment }.
news-expiring-more = { $count ->
    [one] Um dos seus convites expira em breve: { $moment }.
   *[other] { $count } dos seus convites expiram em breve, o primeiro: { $moment }.
}

gone-unknown-title = Não conhecemos este convite
gone-unknown-text = Talvez o link tenha chegado cortado, ou o convite tenha expirado há muito tempo.
gone-redeemed-title = Este convite já foi usado
gone-redeemed-text = Cada convite vale só um certo número de vezes. Se foi você, abra o aplicativo e entre.
gone-expired-title = Este convite expirou
gone-expired-text = Convites valem por tempo limitado.
gone-revoked-title = Este convite foi retirado
gone-revoked-text = Ele não vale mais.
gone-over-title = Este convite não vale mais
gone-over-text = O serviço a que ele leva não está mais aqui.
gone-ask = Peça um novo link a quem lhe deu este.
gone-enter = Digitar outro código

enter-title = Digite o código do convite
enter-label = Código do convite
enter-hint = Maiúsculas, minúsculas e espaços não importam. Você também pode colar o link inteiro.
enter-button = Continuar
enter-error-unknown = Não há convite com este código. Compare caractere por caractere.
enter-error-empty = Digite o código do seu convite.
enter-error-wait = Códigos errados demais. Espere um minuto.

setup-title = Começar com { $app }
setup-get = Instalar { $app }
setup-get-text = Instale o aplicativo no seu aparelho e volte a esta página.
setup-get-web = Funciona no navegador. Abra-o ao lado desta página.
setup-site = Site de { $app }
setup-elsewhere = Em outros lugares:
setup-open = Abrir o convite
setup-open-text = Quando { $app } estiver instalado, abra o convite nele. Depois o aplicativo guia você.
setup-open-button = Abrir em { $app }
setup-magic-button = Instalar { $app } com o convite
setup-asks = Depois, o { $app } pergunta, nesta ordem:
setup-account = Criar sua conta
setup-account-text = { $app } precisa de uma conta que já exista. Crie a conta aqui e depois entre no aplicativo.
setup-account-none = { $app } precisa de uma conta que já exista. Crie a conta primeiro com outro aplicativo e depois entre com este.
setup-login = Entrar
setup-login-text = Abra { $app } e entre com seu endereço e sua senha.

register-title = Crie sua conta em { $site }
register-username = Nome de usuário
register-username-hint = Letras, números e . _ - sem espaços. Seu endereço será nome@{ $host }.
register-password = Senha
register-password-hint = { $count ->
    [one] Pelo menos um caractere.
   *[other] Pelo menos { $count } caracteres.
} Algumas palavras seguidas são fáceis de lembrar e difíceis de adivinhar.
register-show = Mostrar
register-hide = Ocultar
register-generate = Sugerir uma senha
register-generated = Anote ou salve esta senha antes de continuar: ela não será mostrada de novo.
register-button = Criar conta
register-terms = Ao criar uma conta você aceita os [termos de uso].
error-summary = Algo ainda não está certo
error-username-empty = Escolha um nome de usuário.
error-username-invalid = Isto não pode ser um nome de usuário: use letras como as de a até z, números e . _ - sem espaços.
error-username-address = Digite só o que vem antes do @; o resto é fixo.
error-username-reserved = Este nome é reservado. Escolha outro.
error-username-taken = Alguém já tem este nome. Escolha outro.
error-username-other = Este convite é para outro nome.
error-username-long = Este nome é longo demais. Escolha um mais curto.
error-username-bound = Este nome não está mais disponível, e o convite não vale para nenhum outro. Peça um novo convite a quem convidou você.
error-username-bound-by = Este nome não está mais disponível, e o convite não vale para nenhum outro. Peça um novo convite a { $inviter }.
error-username-proposal = Que tal { $name }?
error-password-empty = Escolha uma senha.
error-password-short = { $count ->
    [one] A senha precisa de pelo menos um caractere.
   *[other] A senha precisa de pelo menos { $count } caracteres.
}
error-password-long = Uma senha pode ter no máximo { $count } caracteres.
error-password-weak = Esta senha é fácil demais de adivinhar. Use mais palavras, ou palavras mais raras.
error-password-refused = O servidor não aceita esta senha. Escolha outra.
error-form = O formulário ficou aberto tempo demais, ou o navegador não envia cookies. Envie mais uma vez.
error-away = Não é possível contatar o servidor agora. Seu convite não se perde; tente de novo em alguns minutos.
error-not-allowed = O servidor não permite esta conta. Escolha outro nome ou peça ajuda.
closed-title = Aqui não se criam contas
closed-text = Abra o convite em um aplicativo.
closed-nowhere = Pergunte a quem convidou você como conseguir uma.
closed-reset-title = Aqui não se definem senhas
closed-reset-text = Nesta página não é possível definir a senha. Pergunte a quem lhe deu este link como continuar.

done-title = Sua conta está pronta
done-address = Seu endereço
done-login = Entrar com { $app }
done-apps = Agora escolha um aplicativo e entre com seu endereço e sua senha.
done-webchat = Conversar no navegador
done-keep = Guarde bem sua senha; ela não será mostrada de novo.

manage-title = Convites
manage-sign-in = Entrar
manage-sign-out = Sair
manage-signed-in = Sessão aberta: { $who }
manage-address = Seu endereço
manage-address-hint = Com uma conta em { $hosts }.
manage-key-title = Com uma chave de API
manage-key = Chave de API
manage-key-hint = A chave inteira, como você a recebeu.
manage-refused = Isso não está certo. Confira o que você digitou.
manage-wait = Tentativas erradas demais. Tente de novo mais tarde.
manage-away = Não é possível contatar o servidor agora. Tente de novo em alguns minutos.
manage-new = Novo convite
manage-create = Criar o convite
manage-kind = Para que serve
manage-kind-account = Uma conta
manage-kind-contact = Uma conta e um contato
manage-kind-reset = Uma nova senha
manage-host = Servidor
manage-name-hint = O convite vale só para este nome. Deixe vazio para que a pessoa escolha; para uma nova senha ele é necessário.
manage-contact = Contato
manage-contact-hint = O endereço de alguém em { $host }, que se torna um contato da nova conta.
manage-uses = Quantas pessoas podem usá-lo
manage-uses-hint = Um número inteiro, no máximo { $most }.
manage-ttl = Por quanto tempo vale
manage-ttl-hint = Por exemplo, 12h para horas ou 7d para dias, no máximo { $most }.
manage-groups = Grupos
manage-groups-hint = Separados por vírgulas; a nova conta entra neles.
manage-mail = Enviar por e-mail para
manage-mail-hint = Um endereço de e-mail, se o link deve ser enviado; caso contrário, deixe em branco.
manage-note = Nota
manage-note-hint = Para quem gerencia convites; a pessoa convidada não a vê.
manage-error-text = Isto é longo demais ou tem caracteres que não podem ser usados aqui.
manage-error-nobody = Não há conta com esse nome.
manage-error-mail = Digite um único endereço de e-mail, por exemplo juliet@example.com.
manage-error-mails = Este endereço já recebeu por enquanto tantos e-mails quanto pode. Passe o link você mesmo.
manage-error-limit = Por enquanto você tem tantos convites quanto pode ter. Tente de novo mais tarde.
manage-error-scope = Você não tem permissão para isto: { $scopes }.
manage-status = Estado
manage-all = Todos
manage-pending = Aberto
manage-redeemed = Usado
manage-expired = Expirado
manage-revoked = Retirado
manage-filter = Mostrar
manage-none = Não há convites assim.
manage-newest = Convites mais recentes
manage-older = Convites mais antigos
manage-until = Válido até
manage-by = Criado por
manage-used-by = Usado por
manage-tree = Quem convidou quem
manage-tree-none = Ninguém foi convidado ainda.
manage-tree-more = Mais contas
manage-invited-by = Convite de
manage-link = Passe este link adiante:
manage-card = Cartão para imprimir
manage-revoke = Retirar o convite
manage-restore = Torná-lo válido de novo
manage-extend = Prorrogar

reset-title = Escolha uma nova senha
reset-address = Para a conta
reset-password = Nova senha
reset-button = Definir a senha
reset-done-title = Sua nova senha está definida
reset-done-text = Entre com ela em todos os seus aplicativos.

problem-not-found = Não há nada aqui
problem-not-found-text = Confira o endereço.
problem-too-many = Solicitações demais
problem-too-many-text = Espere um minuto e tente de novo.
problem-too-large = Dados demais
problem-too-large-text = O formulário é maior do que aceitamos.
problem-later = Tente mais tarde
problem-later-text = Isto não funciona no momento; nada mudou.
problem-unsure-text = A resposta não chegou a tempo; talvez tenha funcionado mesmo assim. Abra o link de novo em alguns minutos.
problem-other = Isto não deu certo
problem-other-text = O navegador enviou algo que não entendemos.
problem-internal = Algo deu errado aqui
problem-internal-text = A culpa não é sua. Tente mais tarde.
problem-request = Solicitação { $id }

app-conversations = Um aplicativo simples, com chamadas e conversas criptografadas.
app-cheogram = Parente do Conversations que também alcança a rede telefônica.
app-monocles = Parente do Conversations com muitas configurações.
app-monal = Um aplicativo para aparelhos da Apple, com conversas criptografadas.
app-siskin = Um aplicativo leve para iPhone e iPad.
app-beagle = Um aplicativo leve para Mac.
app-dino = Um aplicativo moderno e claro para o computador.
app-gajim = Um aplicativo completo para o computador.
app-kaidan = Um aplicativo amigável da comunidade KDE.
app-psi = Um aplicativo para o computador em que tudo se ajusta.
app-psi-plus = O Psi com seus recursos mais novos.
app-profanity = Conversas no terminal, só com o teclado.
app-movim = Conversas e uma rede social no navegador.
app-converse = Conversas no navegador, sem instalar nada.

how-play = Pelo Google Play, o { $app } abre o convite sozinho. Senão, volte aqui e abra o convite.
how-name = Seu nome: ele será a primeira parte do seu endereço.
how-password = Uma senha: escolha uma longa e guarde bem.
how-picture = Uma foto sua: você pode pular isso.
how-notifications = Notificações: permita, senão você verá as mensagens com atraso.
how-app-store = A App Store não repassa o convite: volte aqui e abra-o no { $app }.
how-log-in = Na primeira vez, escolha entrar, e não criar uma conta.
how-terminal = No { $app }, digite /connect e seu endereço, depois a senha.
how-site = Escolha um site que ofereça o { $app } e entre nele com seu endereço.
how-open = Não é preciso instalar nada: entre pelo navegador com seu endereço.

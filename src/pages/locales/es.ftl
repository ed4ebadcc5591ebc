language-label = Idioma
footer-contact = Pedir ayuda
footer-terms = Condiciones de uso
footer-privacy = Privacidad
back = Volver a la invitación
about-chat = Chatea con gente de aquí y de otros servidores, en la aplicación que elijas y sin número de teléfono.

month = { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
}
moment = { $day } de { month } de { $year }, { $hour }:{ $minute } UTC

landing-title = Tienes una invitación para chatear en { $site }
landing-title-by = { $inviter } te invita a chatear en { $site }
landing-title-contact = Tienes una invitación para chatear con { $inviter }
landing-title-reset = Una contraseña nueva para { $site }
landing-preview = Abre esta invitación para obtener una cuenta en { $site }.
landing-preview-reset = Abre este enlace para elegir una contraseña nueva.
landing-username = Tu dirección será
until-days = La invitación vale { $count ->
    [one] un día más
   *[other] { $count } días más
}, hasta el { $moment }.
until-hours = La invitación vale { $count ->
    [0] menos de una hora
    [one] una hora más
   *[other] { $count } horas más
}, hasta el { $moment }.
uses-left = { $count ->
    [one] Sirve para una persona más.
   *[other] Sirve para { $count } personas más.
}
have-title = Ya tengo una cuenta
have-text = Añade { $contact } a tus contactos en la aplicación que usas.
have-button = Añadir el contacto
new-title = Es mi primera vez
web-button = Crear una cuenta en el navegador
web-text = Sin aplicación por ahora: elige un nombre y una contraseña, y después una aplicación.
web-text-chat = Sin aplicación: elige un nombre y una contraseña, y chatea en el navegador.
web-away = Ahora mismo no se pueden crear cuentas en esta página. Inténtalo de nuevo en unos minutos.
uri-button = Ya tengo una aplicación de XMPP
way-open = Abre la invitación en la aplicación: ella crea tu cuenta.
more-title = Otras aplicaciones y dispositivos
apps-device = Aplicaciones para { $platform }
apps-choose = Elige una aplicación
apps-other = Aplicaciones para otros dispositivos
apps-web = navegador web
list-separator = { ", " }
phone-title = Seguir en tu teléfono
phone-text = Escanea este código con la cámara del otro dispositivo.
phone-alt = Código QR de esta invitación
paper-text = Escanea este código con la cámara de tu teléfono.
code-title = En otro dispositivo
code-text = Escribe este código en { $address }:
copy-button = Copiar
copy-done = Copiado

mail-button = Abrir la invitación
mail-button-reset = Elegir una contraseña nueva
mail-until = El enlace funciona hasta el { $moment }.
mail-help = ¿Tienes preguntas? Pregunta aquí: { $contact }
mail-why = Recibes este mensaje porque alguien indicó tu dirección en { $site }. Si no es para ti, puedes ignorarlo.

news-joined = { $address } se ha unido con tu invitación.
news-joined-more = { $address } y { $count ->
    [one] una persona más
   *[other] { $count } personas más
} se han unido con tus invitaciones.
news-expiring = Tu invitación (creada: { $created }) solo funciona hasta el { $moment }.
news-expiring-more = { $count ->
    [one] Una de tus invitaciones caduca pronto: { $moment }.
   *[other] { $count } de tus invitaciones caducan pronto, la primera: { $moment }.
}

gone-unknown-title = No conocemos esta invitación
gone-unknown-text = Quizá el enlace llegó cortado, o la invitación caducó hace mucho.
gone-redeemed-title = Esta invitación ya se usó
gone-redeemed-text = Cada invitación sirve un número limitado de veces. Si fuiste tú, abre tu aplicación e inicia sesión.
gone-expired-title = Esta invitación ha caducado
gone-expired-text = Las invitaciones valen por un tiempo limitado.
gone-revoked-title = Esta invitación fue retirada
gone-revoked-text = Ya no sirve.
gone-over-title = Esta invitación ya no está disponible
gone-over-text = El servicio al que lleva ya no está aquí.
gone-ask = Pide un enlace nuevo a quien te dio este.
gone-enter = Escribir otro código

enter-title = Escribe tu código de invitación
enter-label = Código de invitación
enter-hint = No importan las mayúsculas, las minúsculas ni los espacios. También puedes pegar el enlace entero.
enter-button = Continuar
enter-error-unknown = No hay ninguna invitación con este código. Compáralo carácter por carácter.
enter-error-empty = Escribe el código de tu invitación.
enter-error-wait = Demasiados códigos incorrectos. Espera un minuto.

setup-title = Empezar con { $app }
setup-get = Obtener { $app }
setup-get-text = Instala la aplicación en tu dispositivo y vuelve a esta página.
setup-get-web = Funciona en el navegador. Ábrela junto a esta página.
setup-site = Sitio de { $app }
setup-elsewhere = En otros sitios:
setup-open = Abrir la invitación
setup-open-text = Cuando { $app } esté instalada, abre la invitación en ella. La aplicación te guía a partir de ahí.
setup-open-button = Abrir en { $app }
setup-magic-button = Obtener { $app } con la invitación
setup-asks = Después, { $app } pregunta, por este orden:
setup-account = Crear tu cuenta
setup-account-text = { $app } necesita una cuenta que ya exista. Créala aquí y luego inicia sesión en la aplicación.
setup-account-none = { $app } necesita una cuenta que ya exista. Créala primero con otra aplicación y luego inicia sesión con esta.
setup-login = Iniciar sesión
setup-login-text = Abre { $app } e inicia sesión con tu dirección y tu contraseña.

register-title = Crea tu cuenta en { $site }
register-username = Nombre de usuario
register-username-hint = Letras, cifras y . _ - sin espacios. Tu dirección será nombre@{ $host }.
register-password = Contraseña
register-password-hint = { $count ->
    [one] Al menos un carácter.
   *[other] Al menos { $count } caracteres.
} Unas palabras seguidas son fáciles de recordar y difíciles de adivinar.
register-show = Mostrar
register-hide = Ocultar
register-generate = Sugerir una contraseña
register-generated = Anota o guarda esta contraseña antes de seguir: no se volverá a mostrar.
register-button = Crear la cuenta
register-terms = Al crear una cuenta aceptas las [condiciones de uso].
error-summary = Algo no está bien todavía
error-username-empty = Elige un nombre de usuario.
error-username-invalid = Esto no puede ser un nombre de usuario: usa letras como de la a a la z, cifras y . _ - sin espacios.
error-username-address = Escribe solo lo que va antes de la @; el resto ya está fijado.
error-username-reserved = Este nombre está reservado. Elige otro.
error-username-taken = Alguien ya tiene este nombre. Elige otro.
error-username-other = Esta invitación es para otro nombre.
error-username-long = Este nombre es demasiado largo. Elige uno más corto.
error-username-bound = Este nombre ya no está disponible, y la invitación no vale para ningún otro. Pide una invitación nueva a quien te invitó.
error-username-bound-by = Este nombre ya no está disponible, y la invitación no vale para ningún otro. Pide una invitación nueva a { $inviter }.
error-username-proposal = ¿Qué tal { $name }?
error-password-empty = Elige una contraseña.
error-password-short = { $count ->
    [one] La contraseña necesita al menos un carácter.
   *[other] La contraseña necesita al menos { $count } caracteres.
}
error-password-long = Una contraseña puede tener como máximo { $count } caracteres.
error-password-weak = Esta contraseña es demasiado fácil de adivinar. Usa más palabras, o menos comunes.
error-password-refused = El servidor no acepta esta contraseña. Elige otra.
error-form = El formulario estuvo abierto demasiado tiempo, o tu navegador no envía cookies. Envíalo otra vez.
error-away = No se puede contactar con el servidor en este momento. Tu invitación no se pierde; inténtalo de nuevo en unos minutos.
error-not-allowed = El servidor no permite esta cuenta. Elige otro nombre o pide ayuda.
closed-title = Aquí no se crean cuentas
closed-text = Abre la invitación en una aplicación.
closed-nowhere = Pregunta a quien te invitó cómo conseguir una.
closed-reset-title = Aquí no se cambian contraseñas
closed-reset-text = La contraseña no se puede cambiar en esta página. Pregunta a quien te dio este enlace cómo seguir.

done-title = Tu cuenta está lista
done-address = Tu dirección
done-login = Iniciar sesión con { $app }
done-apps = Ahora elige una aplicación e inicia sesión con tu dirección y tu contraseña.
done-webchat = Chatear en el navegador
done-keep = Guarda bien tu contraseña; no se volverá a mostrar.

manage-title = Invitaciones
manage-sign-in = Iniciar sesión
manage-sign-out = Cerrar sesión
manage-signed-in = Sesión iniciada: { $who }
manage-address = Tu dirección
manage-address-hint = Con una cuenta en { $hosts }.
manage-key-title = Con una clave de API
manage-key = Clave de API
manage-key-hint = La clave completa, tal como te la dieron.
manage-refused = Eso no es correcto. Comprueba lo que escribiste.
manage-wait = Demasiados intentos fallidos. Inténtalo de nuevo más tarde.
manage-away = No se puede contactar con el servidor en este momento. Inténtalo de nuevo en unos minutos.
manage-new = Nueva invitación
manage-create = Crear la invitación
manage-kind = Para qué es
manage-kind-account = Una cuenta
manage-kind-contact = Una cuenta y un contacto
manage-kind-reset = Una contraseña nueva
manage-host = Servidor
manage-name-hint = La invitación vale solo para este nombre. Déjalo vacío para que la persona lo elija; para una contraseña nueva es necesario.
manage-contact = Contacto
manage-contact-hint = La dirección de alguien en { $host }, que será un contacto de la cuenta nueva.
manage-uses = Cuántas personas pueden usarla
manage-uses-hint = Un número entero, como máximo { $most }.
manage-ttl = Cuánto tiempo vale
manage-ttl-hint = Por ejemplo, 12h para horas o 7d para días, como máximo { $most }.
manage-groups = Grupos
manage-groups-hint = Separados por comas; la cuenta nueva se añade a ellos.
manage-mail = Enviar por correo a
manage-mail-hint = Una dirección de correo si el enlace debe enviarse; si no, déjalo vacío.
manage-note = Nota
manage-note-hint = Para quienes gestionan invitaciones; la persona invitada no la ve.
manage-error-text = Es demasiado largo o tiene caracteres que no se pueden usar aquí.
manage-error-nobody = No hay ninguna cuenta con ese nombre.
manage-error-mail = Escribe una sola dirección de correo, por ejemplo juliet@example.com.
manage-error-mails = A esta dirección ya se han enviado de momento tantos correos como se permite. Pasa el enlace tú mismo.
manage-error-limit = De momento tienes tantas invitaciones como puedes tener. Inténtalo de nuevo más tarde.
manage-error-scope = No tienes permiso para esto: { $scopes }.
manage-status = Estado
manage-all = Todas
manage-pending = Abierta
manage-redeemed = Usada
manage-expired = Caducada
manage-revoked = Retirada
manage-filter = Mostrar
manage-none = No hay invitaciones así.
manage-newest = Invitaciones más recientes
manage-older = Invitaciones anteriores
manage-until = Válida hasta
manage-by = Creada por
manage-used-by = Usada por
manage-tree = Quién invitó a quién
manage-tree-none = Todavía no se ha invitado a nadie.
manage-tree-more = Más cuentas
manage-invited-by = Invitado por
manage-link = Comparte este enlace:
manage-card = Tarjeta para imprimir
manage-revoke = Retirar la invitación
manage-restore = Volver a hacerla válida
manage-extend = Prolongar

reset-title = Elige una contraseña nueva
reset-address = Para la cuenta
reset-password = Contraseña nueva
reset-button = Guardar la contraseña
reset-done-title = Tu contraseña nueva está lista
reset-done-text = Inicia sesión con ella en todas tus aplicaciones.

problem-not-found = Aquí no hay nada
problem-not-found-text = Comprueba la dirección.
problem-too-many = Demasiadas peticiones
problem-too-many-text = Espera un minuto e inténtalo de nuevo.
problem-too-large = Demasiados datos
problem-too-large-text = El formulario es más grande de lo que aceptamos.
problem-later = Inténtalo más tarde
problem-later-text = Esto no funciona en este momento; nada ha cambiado.
problem-unsure-text = No llegó ninguna respuesta a tiempo; puede que haya funcionado de todos modos. Abre tu enlace de nuevo en unos minutos.
problem-other = Esto no funcionó
problem-other-text = Tu navegador envió algo que no entendemos.
problem-internal = Algo salió mal aquí
problem-internal-text = No es culpa tuya. Inténtalo más tarde.
problem-request = Petición { $id }

app-conversations = Una aplicación sencilla, con llamadas y chats cifrados.
app-cheogram = Pariente de Conversations que también llega a la red telefónica.
app-monocles = Pariente de Conversations con muchos ajustes.
app-monal = Una aplicación de chat para dispositivos Apple, con chats cifrados.
app-siskin = Una aplicación ligera para iPhone y iPad.
app-beagle = Una aplicación ligera para Mac.
app-dino = Una aplicación moderna y clara para el ordenador.
app-gajim = Una aplicación muy completa para el ordenador.
app-kaidan = Una aplicación amable de la comunidad KDE.
app-psi = Una aplicación para el ordenador en la que todo se puede ajustar.
app-psi-plus = Psi con sus funciones más nuevas.
app-profanity = Chatear en la terminal, solo con el teclado.
app-movim = Chats y una red social en el navegador.
app-converse = Chatear en el navegador, sin instalar nada.

how-play = Desde Google Play, { $app } abre la invitación por sí sola. Si no, vuelve aquí y ábrela.
how-name = Tu nombre: será la primera parte de tu dirección.
how-password = Una contraseña: elige una larga y guárdala bien.
how-picture = Una foto tuya: puedes saltarte este paso.
how-notifications = Notificaciones: permítelas, o verás tarde los mensajes.
how-app-store = La App Store no pasa la invitación: vuelve aquí y ábrela en { $app }.
how-log-in = Al abrirla por primera vez, elige iniciar sesión y no crear una cuenta.
how-terminal = En { $app }, escribe /connect y tu dirección, y después tu contraseña.
how-site = Elige un sitio que ofrezca { $app } e inicia sesión allí con tu dirección.
how-open = No hay que instalar nada: inicia sesión en el navegador con tu dirección.

language = Русский
language-label = Язык
footer-contact = Попросить помощи
footer-terms = Условия использования
footer-privacy = Конфиденциальность
back = Назад к приглашению
about-xmpp = { $site } использует XMPP — открытый стандарт общения. Приложение вы выбираете сами и можете говорить с людьми и на других серверах.

month = { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
}
moment = { $day } { month } { $year } г., { $time } UTC

landing-title = Вас приглашают на { $site }
landing-title-by = { $inviter } приглашает вас на { $site }
landing-title-reset = Новый пароль для { $site }
landing-preview = Откройте это приглашение, чтобы получить учётную запись на { $site }.
landing-preview-reset = Откройте эту ссылку, чтобы выбрать новый пароль.
landing-username = Ваш адрес будет
until-days = Приглашение действует ещё { $count ->
    [one] { $count } день
    [few] { $count } дня
    [many] { $count } дней
   *[other] { $count } дня
}, до { $moment }.
until-hours = Приглашение действует ещё { $count ->
    [0] меньше часа
    [one] { $count } час
    [few] { $count } часа
    [many] { $count } часов
   *[other] { $count } часа
}, до { $moment }.
uses-left = { $count ->
    [one] Его хватит ещё на { $count } человека.
    [few] Его хватит ещё на { $count } человека.
    [many] Его хватит ещё на { $count } человек.
   *[other] Его хватит ещё на { $count } человека.
}
have-title = У меня есть учётная запись
have-text = Добавьте { $contact } в контакты в своём приложении.
have-button = Добавить контакт
new-title = Я здесь впервые
web-button = Создать учётную запись здесь
web-text = Пока без приложения: выберите имя и пароль, а затем приложение.
web-away = Сейчас на этой странице нельзя создать учётную запись. Попробуйте ещё раз через несколько минут.
uri-button = Открыть приглашение в приложении
uri-text = Если на этом устройстве уже есть приложение для XMPP.
apps-device = Приложения для { $platform }
apps-choose = Выберите приложение
apps-other = Приложения для других устройств
apps-web = браузер
phone-title = Продолжить на телефоне
phone-text = Отсканируйте этот код камерой другого устройства.
phone-alt = QR-код этого приглашения
code-title = Ввести вручную
code-text = Введите этот код на { $address }:
copy-button = Копировать
copy-done = Скопировано

gone-unknown-title = Это приглашение неизвестно
gone-unknown-text = Возможно, ссылка оборвалась по дороге или приглашение давно закончилось.
gone-redeemed-title = Это приглашение использовано
gone-redeemed-text = Каждое приглашение действует ограниченное число раз. Если его использовали вы, откройте приложение и войдите.
gone-expired-title = Срок приглашения истёк
gone-expired-text = Приглашения действуют ограниченное время.
gone-revoked-title = Это приглашение отозвано
gone-revoked-text = Оно больше не действует.
gone-over-title = Это приглашение больше не действует
gone-over-text = Службы, к которой оно ведёт, здесь больше нет.
gone-ask = Попросите новую ссылку у того, кто дал вам эту.
gone-enter = Ввести другой код

enter-title = Введите код приглашения
enter-label = Код приглашения
enter-hint = Заглавные и строчные буквы различаются, пробелы не важны. Можно вставить и всю ссылку.
enter-button = Дальше
enter-error-unknown = Приглашения с таким кодом нет. Сравните его по буквам.
enter-error-empty = Введите код вашего приглашения.
enter-error-wait = Слишком много неверных кодов. Подождите минуту.

setup-title = Начать с { $app }
setup-get = Установить { $app }
setup-get-text = Установите приложение на устройство и вернитесь на эту страницу.
setup-site = Сайт { $app }
setup-open = Открыть приглашение
setup-open-text = Когда { $app } установлено, откройте в нём приглашение. Дальше приложение поможет.
setup-open-button = Открыть в { $app }
setup-magic-button = Установить { $app } с приглашением
setup-account = Создать учётную запись
setup-account-text = { $app } нужна готовая учётная запись. Создайте её здесь, затем войдите в приложении.
setup-account-none = { $app } нужна готовая учётная запись. Сначала создайте её в другом приложении, затем войдите в этом.
setup-login = Войти
setup-login-text = Откройте { $app } и войдите со своим адресом и паролем.

register-title = Создайте учётную запись на { $site }
register-username = Имя пользователя
register-username-hint = Буквы, цифры и . _ - без пробелов. Ваш адрес будет имя@{ $host }.
register-password = Пароль
register-password-hint = { $count ->
    [one] Не меньше { $count } символа.
    [few] Не меньше { $count } символов.
    [many] Не меньше { $count } символов. Несколько слов подряд легко запомнить и трудно угадать.
   *[other] Не меньше { $count } символа.
}
register-show = Показать
register-hide = Скрыть
register-button = Создать учётную запись
register-terms = Создавая учётную запись, вы принимаете условия использования.
error-summary = Что-то ещё не так
error-username-empty = Выберите имя пользователя.
error-username-invalid = Это не имя пользователя: используйте буквы, цифры и . _ - без пробелов.
error-username-reserved = Это имя зарезервировано. Выберите другое.
error-username-taken = Это имя уже занято. Выберите другое.
error-username-other = Это приглашение для другого имени.
error-password-empty = Выберите пароль.
error-password-short = { $count ->
    [one] В пароле должен быть хотя бы { $count } символ.
    [few] В пароле должно быть хотя бы { $count } символа.
    [many] В пароле должно быть хотя бы { $count } символов.
   *[other] В пароле должно быть хотя бы { $count } символа.
}
error-password-weak = Этот пароль слишком легко угадать. Используйте больше слов или более редкие.
error-password-refused = Сервер не принимает этот пароль. Выберите другой.
error-form = Форма была открыта слишком долго, или браузер не отправляет куки. Отправьте её ещё раз.
error-away = Сервер сейчас недоступен. Приглашение не пропадёт; попробуйте ещё раз через несколько минут.
closed-title = Здесь учётные записи не создают
closed-text = Откройте приглашение в приложении.

done-title = Ваша учётная запись готова
done-address = Ваш адрес
done-login = Войти через { $app }
done-apps = Теперь выберите приложение и войдите со своим адресом и паролем.
done-webchat = Общаться в браузере
done-keep = Сохраните пароль: больше он показан не будет.

reset-title = Выберите новый пароль
reset-address = Для учётной записи
reset-password = Новый пароль
reset-button = Задать пароль
reset-done-title = Новый пароль задан
reset-done-text = Войдите с ним во всех своих приложениях.

problem-not-found = Здесь ничего нет
problem-not-found-text = Проверьте адрес.
problem-too-many = Слишком много запросов
problem-too-many-text = Подождите минуту и попробуйте ещё раз.
problem-too-large = Это слишком много
problem-too-large-text = Форма больше, чем мы принимаем.
problem-later = Попробуйте позже
problem-later-text = Сейчас это не работает; ничего не изменилось.
problem-other = Не получилось
problem-other-text = Браузер отправил то, чего мы не понимаем.
problem-internal = Что-то пошло не так
problem-internal-text = Это не ваша вина. Попробуйте позже.
problem-request = Запрос { $id }
